"""Registers agencies and changes their keys; the API and the console go through here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading
from services.api.agencies import fetching, key_changes, queries
from services.api.agencies.queries import Client, Known
from services.api.agencies.schemas import AgencyIn, AgencyOut, KeyEnd, KeyIn
from services.api.problems import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    MissingError,
    UnavailableError,
)
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.schedule import local_day
from shared.runtime import jose, logging
from shared.runtime.egress import EgressError
from shared.runtime.jose import KeyDocumentError, PublicKey

HOME_ZONE = "Asia/Ho_Chi_Minh"
#: Whoever decides on grants must know to whom they could go.
_READERS = (Action.MANAGE_AGENCIES, Action.PROPOSE_GRANT, Action.APPROVE_GRANT)

log = logging.get(__name__)


def must_be_able_to_look(caller: Caller) -> None:
    if all(caller.scope(action).is_nowhere for action in _READERS):
        raise ForbiddenError("None of your roles allows this.")


async def shown(connection: AsyncConnection, code: str, now: datetime) -> AgencyOut:
    agency = await queries.one(connection, code, day=local_day(now, HOME_ZONE))
    if agency is None:
        raise MissingError("agency")
    return agency


async def add(resources: Resources, caller: Caller, given: AgencyIn) -> AgencyOut:
    """Its published keys are fetched at once, so that a wrong address is known at once."""
    caller.must_be_able_to_somewhere(Action.MANAGE_AGENCIES)
    keys = _keys_given(given, resources)
    now = resources.now()
    async with changing(resources, caller, deed_of(Verb.CREATE, given.code)) as connection:
        authority_id = await queries.authority_named(
            connection, given.authority, today=local_day(now, HOME_ZONE)
        )
        if authority_id is None:
            raise InvalidError(
                "body.authority", "There is no such authority today.", "See the list of units."
            )
        client_id = await queries.add(
            connection, given, authority_id=authority_id, user_id=caller.user_id, now=now
        )
        if client_id is None:
            raise ConflictError(f"The code {given.code} is taken.", code="code_taken")
        for key in keys:
            await queries.add_key(
                connection, client_id, key, is_fetched=False, times=(now, None), now=now
            )
    log.info("agency_registered", client=given.code)
    if given.jwks_uri is not None:
        await fetching.refresh_quietly(resources, await _client_of(resources, caller, given.code))
    async with reading(resources, caller) as connection:
        return await shown(connection, given.code, now)


async def revoke(resources: Resources, caller: Caller, code: str) -> None:
    """For good, and at once: its tokens are not taken any more."""
    caller.must_be_able_to_somewhere(Action.MANAGE_AGENCIES)
    async with changing(resources, caller, deed_of(Verb.REVOKE, code)) as connection:
        client = await locked(connection, code)
        await queries.revoke(connection, client.id, user_id=caller.user_id, now=resources.now())
    log.info("agency_revoked", client=code)


async def add_key(resources: Resources, caller: Caller, code: str, given: KeyIn) -> None:
    caller.must_be_able_to_somewhere(Action.MANAGE_AGENCIES)
    now = resources.now()
    key = _public_key(given.jwk)
    not_before = given.not_before or now
    if given.not_after is not None and given.not_after <= max(not_before, now):
        raise InvalidError("body.not_after", "This is over before it begins.", "Send a later time.")
    deed = deed_of(Verb.CREATE, code, thumbprint=key.thumbprint)
    async with changing(resources, caller, deed) as connection:
        client = await in_force(connection, code)
        _must_be_new(key, await queries.keys(connection, client.id), now)
        await queries.add_key(
            connection,
            client.id,
            key,
            is_fetched=False,
            times=(not_before, given.not_after),
            now=now,
        )
    log.info("agency_key_added", client=code, thumbprint=key.thumbprint)


async def end_key(
    resources: Resources, caller: Caller, code: str, thumbprint: str, given: KeyEnd
) -> None:
    """Let a key end while the next one is in use."""
    caller.must_be_able_to_somewhere(Action.MANAGE_AGENCIES)
    deed = deed_of(Verb.CHANGE, code, thumbprint=thumbprint)
    async with changing(resources, caller, deed) as connection:
        key = await _key(connection, await locked(connection, code), thumbprint)
        if key.revoked_at is not None:
            raise ConflictError("This key is revoked.", code="key_revoked")
        if given.not_after < resources.now():
            raise InvalidError(
                "body.not_after", "This is over.", "Revoke the key to end it at once."
            )
        await queries.end_key(connection, key.id, given.not_after)


async def revoke_key(resources: Resources, caller: Caller, code: str, thumbprint: str) -> None:
    """For good, and at once: also the tokens that were given for it."""
    caller.must_be_able_to_somewhere(Action.MANAGE_AGENCIES)
    deed = deed_of(Verb.REVOKE, code, thumbprint=thumbprint)
    async with changing(resources, caller, deed) as connection:
        key = await _key(connection, await locked(connection, code), thumbprint)
        await queries.revoke_key(connection, key.id, now=resources.now())
    log.info("agency_key_revoked", client=code, thumbprint=thumbprint)


async def refresh(resources: Resources, caller: Caller, code: str) -> None:
    """Fetch the published keys now."""
    caller.must_be_able_to_somewhere(Action.MANAGE_AGENCIES)
    client = await _client_of(resources, caller, code)
    if client.jwks_uri is None:
        raise ConflictError("This agency publishes no keys.", code="no_jwks_uri")
    async with changing(
        resources, caller, deed_of(Verb.CHANGE, code, keys="fetched")
    ) as connection:
        await in_force(connection, code)
    try:
        await fetching.refresh(resources, client)
    except EgressError as exc:
        raise UnavailableError(f"{client.jwks_uri}: {exc}.", code="keys_not_fetched") from exc
    except KeyDocumentError as exc:
        raise ConflictError(f"{client.jwks_uri}: {exc}.", code="keys_unusable") from exc


def deed_of(verb: Verb, code: str, **detail: object) -> Deed:
    """What is done to an agency."""
    return Deed(verb, Subject.AGENCY, code, detail=dict(detail))


async def _client_of(resources: Resources, caller: Caller, code: str) -> Client:
    async with reading(resources, caller) as connection:
        return await known(connection, code)


async def known(connection: AsyncConnection, code: str) -> Client:
    """To look only. Raises MissingError."""
    client = await queries.client(connection, code)
    if client is None:
        raise MissingError("agency")
    return client


async def locked(connection: AsyncConnection, code: str) -> Client:
    """Also if revoked. Raises MissingError."""
    client = await queries.locked_client(connection, code)
    if client is None:
        raise MissingError("agency")
    return client


async def in_force(connection: AsyncConnection, code: str) -> Client:
    """Raises MissingError or ConflictError."""
    client = await locked(connection, code)
    if client.revoked_at is not None:
        raise ConflictError(f"The agency {code} is revoked.", code="agency_revoked")
    return client


async def _key(connection: AsyncConnection, client: Client, thumbprint: str) -> Known:
    for key in await queries.keys(connection, client.id):
        if key.thumbprint == thumbprint:
            return key
    raise MissingError("key")


def _keys_given(given: AgencyIn, resources: Resources) -> tuple[PublicKey, ...]:
    if (given.jwks is None) == (given.jwks_uri is None):
        raise InvalidError(
            "body.jwks", "Its keys come either by hand or from an address.",
            "Send jwks or jwks_uri, not both.",
        )  # fmt: skip
    if given.jwks is None:
        _must_be_reachable(given.jwks_uri or "", resources)
        return ()
    try:
        keys = jose.keys_in(given.jwks)
    except KeyDocumentError as exc:
        raise _unusable("body.jwks", exc) from exc
    if len(keys) > key_changes.MOST_IN_FORCE:
        raise InvalidError(
            "body.jwks", f"At most {key_changes.MOST_IN_FORCE} keys.", "Leave some out."
        )
    return keys


def _must_be_reachable(address: str, resources: Resources) -> None:
    try:
        resources.egress.check(address)
    except EgressError as exc:
        raise InvalidError(
            "body.jwks_uri", f"It is not fetched from: {exc}.", "Send a public https address."
        ) from exc


def _public_key(document: dict[str, Any]) -> PublicKey:
    try:
        return jose.public_key(document)
    except KeyDocumentError as exc:
        raise _unusable("body.jwk", exc) from exc


def _unusable(field: str, fault: KeyDocumentError) -> InvalidError:
    return InvalidError(
        field, f"It is not taken: {fault}.",
        "Send the public half of an RSA (2048 bits or more), P-256 or Ed25519 key.",
    )  # fmt: skip


def _must_be_new(key: PublicKey, known: Sequence[Known], now: datetime) -> None:
    if any(one.thumbprint == key.thumbprint for one in known):
        raise ConflictError("This key was registered before. Make a new pair.", code="key_known")
    if any(one.kid == key.kid and one.revoked_at is None for one in known):
        raise ConflictError(
            f"Another key is called {key.kid}. Give it another kid.", code="kid_taken"
        )
    if len(key_changes.in_force(known, now=now)) >= key_changes.MOST_IN_FORCE:
        raise ConflictError(
            f"{key_changes.MOST_IN_FORCE} keys are in force. Revoke one that is not used.",
            code="too_many_keys",
        )
    if len(known) >= key_changes.MOST_EVER:
        raise ConflictError(
            "It has had too many keys. Register it anew.", code="too_many_keys_ever"
        )
