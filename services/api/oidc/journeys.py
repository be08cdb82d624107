"""Sends somebody to the identity provider, and takes them back: once, soon, in the same browser."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from services.api.access.caller import Caller
from services.api.access.transactions import changing, changing_as_system, reading_as_system
from services.api.oidc import id_token, queries
from services.api.oidc.id_token import Expected, is_proven_twice
from services.api.oidc.provider import Away, Provider, ProviderError
from services.api.oidc.queries import Journey
from services.api.problems import (
    ConflictError,
    UnauthenticatedError,
    UnavailableError,
)
from services.api.resources import Resources
from services.api.sessions import login, tokens
from services.api.sessions import queries as sessions
from services.api.sessions.login import Begun
from services.api.sessions.visitor import Visitor
from shared.domain.assurance import Assurance
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)

GOOD_FOR: Final = timedelta(minutes=10)
MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Departure:
    """Where somebody goes, and the cookie by which their browser is known when they come back."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Return:
    """With what a browser comes back, believed by nobody yet."""

    state: str
    code: str
    issuer: str | None
    browser: str | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back, as the provider vouches for it."""

    subject: str
    assurance: Assurance
    journey: Journey


async def depart(
    resources: Resources, provider: Provider, *, wanted: str, caller: Caller | None
) -> Departure:
    """To log in; or, for somebody who is in, to link that identity to their account."""
    now = resources.now()
    state, nonce, verifier, browser = (tokens.new() for _ in range(4))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    away = Away(state, nonce, challenge.rstrip(b"=").decode())
    try:
        address = await provider.address_for(away, now=now)
    except ProviderError as exc:
        log.warning("identity_provider_failed", reason=str(exc))
        raise UnavailableError("The identity provider does not answer. Try again.") from exc
    journey = Journey(
        browser_hash=tokens.hash_of(browser),
        nonce=nonce,
        verifier=verifier,
        issuer=provider.issuer,
        user_id=caller.user_id if caller else None,
        wanted=wanted,
        expires_at=now + GOOD_FOR,
    )
    async with changing_as_system(resources) as connection:
        if await queries.forget_over(connection, now=now) >= MOST:
            raise UnavailableError("Too many log in at once. Try again.")
        await queries.begin(connection, tokens.hash_of(state), journey)
    return Departure(address, browser)


async def arrive(resources: Resources, provider: Provider, back: Return) -> Arrival:
    """Raises `UnauthenticatedError`, which says no more than it must; our log says why."""
    try:
        return await _arrived(resources, provider, back)
    except ProviderError as exc:
        log.warning("identity_refused", reason=str(exc))
        raise UnauthenticatedError(
            "The identity provider did not vouch for you.", code="provider_refused"
        ) from exc


async def _arrived(resources: Resources, provider: Provider, back: Return) -> Arrival:
    now = resources.now()
    journey = await _journey_of(resources, provider, back)
    metadata = await provider.metadata(now=now)
    if back.issuer != provider.issuer and (back.issuer is not None or metadata.names_itself):
        raise ProviderError("the answer is not of the one that was asked")
    token = await provider.token_for(back.code, verifier=journey.verifier, now=now)
    expected = Expected(provider.issuer, resources.settings.oidc_client_id, journey.nonce)
    fault = id_token.fault_of(token.header, token.claims, expected, now=now)
    if fault is not None:
        raise ProviderError(f"its ID token has a wrong {fault}")
    return Arrival(str(token.claims["sub"]), _assurance(resources, token.claims), journey)


async def _journey_of(resources: Resources, provider: Provider, back: Return) -> Journey:
    """It ends here, whatever comes of it."""
    async with changing_as_system(resources) as connection:
        journey = await queries.end(connection, tokens.hash_of(back.state))
    if journey is None or journey.expires_at <= resources.now():
        raise ProviderError("nobody is away with this state")
    if not hmac.compare_digest(journey.browser_hash, tokens.hash_of(back.browser or "")):
        raise ProviderError("another browser went away with this state")
    if journey.issuer != provider.issuer:
        raise ProviderError("they went to another provider")
    return journey


def _assurance(resources: Resources, claims: Any) -> Assurance:
    if is_proven_twice(claims, resources.settings.oidc_second_factor):
        return Assurance.TWO_FACTORS
    return Assurance.PASSPHRASE


async def log_in(resources: Resources, arrival: Arrival, visitor: Visitor) -> Begun:
    """Only somebody who was invited and has linked this identity: nobody is made of it."""
    async with reading_as_system(resources) as connection:
        user_id = await queries.owner(connection, arrival.journey.issuer, arrival.subject)
        account = None
        if user_id is not None:
            account = await sessions.account_of(connection, user_id)
    if account is None:
        raise UnauthenticatedError("This identity belongs to nobody here.", code="not_linked")
    return await login.begin(resources, account, visitor, arrival.assurance)


async def link(resources: Resources, arrival: Arrival, caller: Caller) -> None:
    """To the account of whoever went away to do so, and is still logged in."""
    if arrival.journey.user_id != caller.user_id:
        raise ConflictError("Somebody else went away to link it.", code="not_linked")
    deed = Deed(Verb.CREATE, Subject.PERSON, str(caller.user_id), detail={"factor": "identity"})
    async with changing(resources, caller, deed) as connection:
        is_theirs = await queries.link(
            connection,
            caller.user_id,
            arrival.journey.issuer,
            arrival.subject,
            now=resources.now(),
        )
        if not is_theirs:
            raise ConflictError("It is linked already.", code="not_linked")
