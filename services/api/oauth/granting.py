"""From a signed assertion to a token, or to the end of one."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.transactions import changing_as_system, reading_as_system
from services.api.agencies import fetching
from services.api.agencies import queries as agencies
from services.api.agencies.queries import Client
from services.api.oauth import assertion, errors, places, queries
from services.api.oauth.assertion import Claimed, Once, Possession, ProofError
from services.api.oauth.errors import OAuthError
from services.api.oauth.queries import Key
from services.api.resources import Resources
from shared.domain.disclosure import Dataset
from shared.runtime import jose, logging

GRANT_TYPE: Final = "client_credentials"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFE: Final = timedelta(minutes=5)
PER_CLIENT: Final = 30
PER_ADDRESS: Final = 120
SCOPES: Final = tuple(f"dataset:{dataset}" for dataset in Dataset)
_MAX_KNOWN: Final = 64

log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A form that was posted, from where, and the proofs of possession in its header."""

    form: Mapping[str, str]
    address: str
    proofs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that was just given; nobody can read it again."""

    token: str
    is_bound: bool
    scopes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Proved:
    """A client that has proved who it is, by which key, with an assertion not yet spent."""

    client: Client
    key: Key
    once: Once


async def issue(resources: Resources, asked: Asked) -> Issued:
    """Raises `OAuthError`."""
    if asked.form.get("grant_type") != GRANT_TYPE:
        raise OAuthError("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}.")
    proved = await _proved(resources, asked)
    scopes = _scopes(asked.form.get("scope"))
    if asked.form.get("resource", _resource(resources)) != _resource(resources):
        raise OAuthError("invalid_target", f"The resource must be {_resource(resources)}.")
    possession = _possession(resources, asked.proofs)
    if possession is None and proved.client.requires_dpop:
        raise OAuthError("invalid_dpop_proof", "This client must send a DPoP proof (RFC 9449).")
    token, now = secrets.token_urlsafe(32), resources.now()
    async with changing_as_system(resources) as connection:
        await _spend(resources, connection, f"assertion/{proved.client.id}", proved.once)
        if possession is not None:
            await _spend(resources, connection, f"dpop/{possession.thumbprint}", possession.once)
        await queries.issue(
            connection,
            hash_of(token),
            key=(proved.client.id, proved.key.id),
            scopes=scopes,
            bound_to=possession.thumbprint if possession else None,
            times=(now, now + LIFE),
        )
    log.info("agency_token_issued", client=proved.client.code, is_bound=possession is not None)
    return Issued(token, possession is not None, scopes)


async def revoke(resources: Resources, asked: Asked) -> None:
    """RFC 7009: of a token that is not this client's, or is none, nothing is said."""
    if not asked.form.get("token"):
        raise OAuthError("invalid_request", "Send the token to revoke.")
    proved = await _proved(resources, asked)
    async with changing_as_system(resources) as connection:
        await _spend(resources, connection, f"assertion/{proved.client.id}", proved.once)
        await queries.revoke(
            connection, hash_of(asked.form["token"]), proved.client.id, now=resources.now()
        )


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def _proved(resources: Resources, asked: Asked) -> Proved:
    form, now = asked.form, resources.now()
    _must_not_hurry(resources, f"address/{asked.address}", PER_ADDRESS)
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError(
            "invalid_client",
            f"client_assertion_type must be {ASSERTION_TYPE}.",
            status=HTTPStatus.UNAUTHORIZED,
        )
    text = form.get("client_assertion", "")
    try:
        claimed = _claimed(text, form.get("client_id"))
        client, key = await _known(resources, claimed)
        once = assertion.proved(
            text,
            jose.public_key(key.jwk),
            audiences=places.audiences(resources.settings),
            now=now,
        )
    except ProofError as exc:
        log.info("agency_assertion_refused", reason=str(exc))
        raise OAuthError(
            "invalid_client", f"client_assertion: {exc}.", status=HTTPStatus.UNAUTHORIZED
        ) from exc
    # Only whoever has proved who they are can use up a client's pace.
    _must_not_hurry(resources, f"client/{client.id}", PER_CLIENT)
    return Proved(client, key, once)


def _claimed(text: str, client_id: str | None) -> Claimed:
    claimed = assertion.claimed(text)
    if client_id not in {None, claimed.client}:
        raise ProofError("client_id is not the iss of the assertion")
    return claimed


async def _known(resources: Resources, claimed: Claimed) -> tuple[Client, Key]:
    """Keys that are published are looked at again when one is missing, and now and then."""
    if len(claimed.client) > _MAX_KNOWN or "\x00" in claimed.client + claimed.kid:
        raise errors.unknown_client()
    client, key = await _on_record(resources, claimed)
    if client is None or client.revoked_at is not None:
        raise errors.unknown_client()
    if _is_worth_fetching(client, key, resources):
        await fetching.refresh_quietly(resources, client)
        _, key = await _on_record(resources, claimed)
    if key is None:
        raise errors.unknown_client()
    return client, key


async def _on_record(resources: Resources, claimed: Claimed) -> tuple[Client | None, Key | None]:
    async with reading_as_system(resources) as connection:
        client = await agencies.client(connection, claimed.client)
        if client is None:
            return None, None
        return client, await queries.key(connection, client.id, claimed.kid, now=resources.now())


def _is_worth_fetching(client: Client, key: Key | None, resources: Resources) -> bool:
    if client.jwks_uri is None:
        return False
    if client.jwks_fetched_at is None:
        return True
    patience = fetching.SELDOM if key is None else fetching.OFTEN
    return resources.now() - client.jwks_fetched_at >= patience


def _scopes(asked: str | None) -> tuple[str, ...]:
    """What is not asked for is everything: grants say what of it can be read."""
    wanted = SCOPES if asked is None else tuple(dict.fromkeys(asked.split(" ")))
    if not set(wanted) <= set(SCOPES):
        raise OAuthError("invalid_scope", f"A scope is one of: {' '.join(SCOPES)}.")
    return wanted


def _possession(resources: Resources, proofs: Sequence[str]) -> Possession | None:
    if not proofs:
        return None
    if len(proofs) > 1:
        raise OAuthError("invalid_dpop_proof", "There is more than one DPoP header.")
    url = places.address(resources.settings, places.TOKEN)
    try:
        return assertion.possession(
            proofs[0], method="POST", url=url, token=None, now=resources.now()
        )
    except ProofError as exc:
        raise OAuthError("invalid_dpop_proof", f"DPoP: {exc}.") from exc


async def _spend(resources: Resources, connection: AsyncConnection, owner: str, once: Once) -> None:
    digest = hashlib.sha256(f"{owner}/{once.jti}".encode()).digest()
    fresh = await queries.spend(
        connection,
        digest,
        expires_at=once.expires_at,
        now=resources.now(),
    )
    if not fresh:
        is_proof = owner.startswith("dpop")
        error = "invalid_dpop_proof" if is_proof else "invalid_client"
        status = HTTPStatus.BAD_REQUEST if is_proof else HTTPStatus.UNAUTHORIZED
        raise OAuthError(error, "This jti was used before.", status=status)


def _resource(resources: Resources) -> str:
    return places.address(resources.settings, places.RESOURCE)


def _must_not_hurry(resources: Resources, who: str, most: int) -> None:
    if resources.rates.must_wait(f"token/{who}", most=most, now=resources.now()) is not None:
        raise OAuthError(
            "slow_down",
            "Too many requests. Keep a token until it ends; it may be used many times.",
            status=HTTPStatus.TOO_MANY_REQUESTS,
        )
