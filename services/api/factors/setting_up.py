"""Sets second factors up and takes them away; each change is on record and needs a fresh proof."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller, must_be_fresh
from services.api.access.transactions import changing, reading
from services.api.factors import ceremony, proving, queries, recovery, totp
from services.api.factors.ceremony import NewPasskey, Options, Owner, Party, PasskeyError
from services.api.factors.challenges import giving
from services.api.factors.schemas import AppOut, FactorsOut, PasskeyOut
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.resources import Resources
from services.api.sessions.login import Begun
from services.api.sessions.visitor import Visitor
from shared.domain.assurance import Assurance, needs_second_factor
from shared.domain.deeds import Deed, Subject, Verb

_HANDLE_BYTES = 32


@dataclass(frozen=True, slots=True)
class SetUp:
    """What came of it: a session that goes further, codes for the paper."""

    begun: Begun | None
    recovery_codes: Sequence[str] | None


async def shown(resources: Resources, caller: Caller) -> FactorsOut:
    async with reading(resources, caller) as connection:
        secret = await queries.confirmed_since(connection, caller.user_id)
        keys = await queries.passkeys(connection, caller.user_id)
        left = await queries.recovery_codes_left(connection, caller.user_id)
    return FactorsOut(
        app_since=secret,
        passkeys=[
            PasskeyOut(
                id=key.id, name=key.name, created_at=key.created_at, last_used_at=key.last_used_at
            )
            for key in keys
        ],
        recovery_codes_left=left,
    )


async def propose_app(resources: Resources, caller: Caller) -> AppOut:
    """A secret for an app; it counts once a code shows that the app has it."""
    must_be_fresh(caller, now=resources.now())
    secret = totp.new_secret()
    sealed = resources.box.seal(secret.encode(), owner=proving.owner_of_secret(caller.user_id))
    async with changing(resources, caller, _deed(caller, Verb.REQUEST, "app")) as connection:
        await queries.propose_secret(connection, caller.user_id, sealed, now=resources.now())
    return AppOut(secret=secret, address=totp.address(secret, account=caller.email))


async def proposed_app(resources: Resources, caller: Caller) -> AppOut | None:
    """The same once more, for a page that asks for its code again."""
    async with reading(resources, caller) as connection:
        proposed = await queries.proposed_secret(connection, caller.user_id)
    if proposed is None:
        return None
    owner = proving.owner_of_secret(caller.user_id)
    secret = resources.box.open(proposed.sealed, owner=owner).decode()
    return AppOut(secret=secret, address=totp.address(secret, account=caller.email))


async def confirm_app(resources: Resources, caller: Caller, code: str, visitor: Visitor) -> SetUp:
    must_be_fresh(caller, now=resources.now())
    now, owner = resources.now(), proving.owner_of_secret(caller.user_id)
    async with changing(resources, caller, _deed(caller, Verb.CREATE, "app")) as connection:
        proposed = await queries.proposed_secret(connection, caller.user_id)
        if proposed is None:
            raise ConflictError("Ask for a new secret first.", code="no_secret")
        secret = resources.box.open(proposed.sealed, owner=owner).decode()
        step = totp.step_of(secret, code, now=now, after=proposed.last_step)
        if step is None:
            raise InvalidError("body.code", "It is not of this app.", "Read the newest code off.")
        is_first = not await queries.has_any(connection, caller.user_id)
        await queries.confirm_secret(connection, caller.user_id, proposed.id, step=step, now=now)
        codes = await _first_codes(resources, caller, connection) if is_first else None
    return SetUp(await _raised(resources, caller, visitor), codes)


async def remove_app(resources: Resources, caller: Caller) -> None:
    must_be_fresh(caller, now=resources.now())
    async with changing(resources, caller, _deed(caller, Verb.REMOVE, "app")) as connection:
        if await queries.secret(connection, caller.user_id) is None:
            raise MissingError("app")
        await queries.remove_secrets(connection, caller.user_id)
        await _must_leave_enough(resources, caller, connection)


async def ask_for_passkey(resources: Resources, caller: Caller, party: Party) -> Options:
    must_be_fresh(caller, now=resources.now())
    challenge = await giving.give(resources, caller)
    async with changing(resources, caller, _deed(caller, Verb.REQUEST, "passkey")) as connection:
        handle = await queries.handle(
            connection, caller.user_id, fresh=secrets.token_bytes(_HANDLE_BYTES)
        )
        there = await queries.credential_ids(connection, caller.user_id)
    owner = Owner(handle, caller.email, caller.name)
    return ceremony.to_register(party, owner, there=there, challenge=challenge)


async def add_passkey(
    resources: Resources,
    caller: Caller,
    party: Party,
    credential: Mapping[str, Any],
    name: str,
    visitor: Visitor,
) -> SetUp:
    must_be_fresh(caller, now=resources.now())
    try:
        made = await _made(resources, caller, party, credential)
    except PasskeyError as exc:
        raise InvalidError("body.credential", str(exc), "Ask for options anew.") from exc
    async with changing(resources, caller, _deed(caller, Verb.CREATE, "passkey")) as connection:
        is_first = not await queries.has_any(connection, caller.user_id)
        is_new = await queries.add_passkey(
            connection, caller.user_id, made, name=name, now=resources.now()
        )
        if not is_new:
            raise ConflictError("This passkey is on record already.", code="passkey_known")
        codes = await _first_codes(resources, caller, connection) if is_first else None
    return SetUp(await _raised(resources, caller, visitor), codes)


async def _made(
    resources: Resources, caller: Caller, party: Party, credential: Mapping[str, Any]
) -> NewPasskey:
    challenge = ceremony.challenge_in(credential)
    if not await giving.take(resources, challenge, caller):
        raise PasskeyError("It answers what was not asked, or not now.")
    return ceremony.registered(party, credential, challenge=challenge)


async def remove_passkey(resources: Resources, caller: Caller, passkey_id: int) -> None:
    must_be_fresh(caller, now=resources.now())
    async with changing(resources, caller, _deed(caller, Verb.REMOVE, "passkey")) as connection:
        if not await queries.remove_passkey(connection, caller.user_id, passkey_id):
            raise MissingError("passkey")
        await _must_leave_enough(resources, caller, connection)


async def renew_recovery_codes(resources: Resources, caller: Caller) -> Sequence[str]:
    must_be_fresh(caller, now=resources.now())
    deed = _deed(caller, Verb.CHANGE, "recovery_codes")
    async with changing(resources, caller, deed) as connection:
        if not await queries.has_any(connection, caller.user_id):
            raise ConflictError("Set up a second factor first.", code="no_factor")
        return await _first_codes(resources, caller, connection)


async def _first_codes(
    resources: Resources, caller: Caller, connection: AsyncConnection
) -> Sequence[str]:
    codes = recovery.new_codes()
    hashes = [recovery.hash_of(code) for code in codes]
    await queries.keep_recovery_codes(connection, caller.user_id, hashes, now=resources.now())
    return codes


async def _must_leave_enough(
    resources: Resources, caller: Caller, connection: AsyncConnection
) -> None:
    """The last one stays where a role needs it; elsewhere its codes on paper go with it."""
    if await queries.has_any(connection, caller.user_id):
        return
    roles = [held.assignment.role for held in caller.held]
    if resources.settings.require_second_factor and needs_second_factor(roles):
        raise ConflictError(
            "Your roles need a second factor. Set up another one first.", code="last_factor"
        )
    await queries.remove_recovery_codes(connection, caller.user_id)


async def _raised(resources: Resources, caller: Caller, visitor: Visitor) -> Begun | None:
    if caller.assurance is Assurance.TWO_FACTORS:
        return None
    return await proving.raised(resources, caller, visitor)


def _deed(caller: Caller, verb: Verb, what: str) -> Deed:
    return Deed(verb, Subject.PERSON, str(caller.user_id), detail={"factor": what})
