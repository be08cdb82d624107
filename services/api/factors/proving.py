"""Logging in with a second factor: a code after the passphrase, or a passkey in place of both."""

from collections.abc import Mapping
from typing import Any

from services.api.access.caller import Caller
from services.api.access.transactions import changing_as_system, reading_as_system
from services.api.factors import ceremony, queries, recovery, totp
from services.api.factors.ceremony import Party, PasskeyError
from services.api.factors.challenges import giving
from services.api.guessing import doors
from services.api.problems import UnauthenticatedError
from services.api.resources import Resources
from services.api.sessions import login, tokens
from services.api.sessions import queries as sessions
from services.api.sessions.login import Begun
from services.api.sessions.visitor import Visitor
from shared.domain.assurance import Assurance
from shared.domain.throttling import Door
from shared.runtime import logging

log = logging.get(__name__)


def owner_of_secret(user_id: int) -> str:
    """Under which name somebody's secret is sealed."""
    return f"totp:{user_id}"


async def with_code(resources: Resources, caller: Caller, code: str, visitor: Visitor) -> Begun:
    """With a code of the app or of the paper. Raises `UnauthenticatedError`, `TooManyError`."""
    door = {Door.SECOND_FACTOR: str(caller.user_id)}
    knocked_at = await doors.knock(resources, door)
    if not await _is_right(resources, caller.user_id, code):
        log.info("second_factor_refused", user_id=caller.user_id)
        raise UnauthenticatedError("This code is not right, or was used.", code="wrong_code")
    await doors.opened(resources, door, knocked_at=knocked_at)
    return await raised(resources, caller, visitor)


async def _is_right(resources: Resources, user_id: int, code: str) -> bool:
    now = resources.now()
    async with changing_as_system(resources) as connection:
        secret = await queries.secret(connection, user_id)
        if secret is not None:
            plain = resources.box.open(secret.sealed, owner=owner_of_secret(user_id)).decode()
            step = totp.step_of(plain, code, now=now, after=secret.last_step)
            if step is not None:
                return await queries.use_step(connection, secret.id, step)
        used = recovery.hash_of(code)
        return await queries.use_recovery_code(connection, user_id, used, now=now)


async def raised(resources: Resources, caller: Caller, visitor: Visitor) -> Begun:
    """The same session, with a new token, of somebody who has now shown both."""
    return await renewed(resources, caller, visitor, Assurance.TWO_FACTORS)


async def renewed(
    resources: Resources, caller: Caller, visitor: Visitor, assurance: Assurance
) -> Begun:
    """A new token for a session whose end stays where it was."""
    async with reading_as_system(resources) as connection:
        account = await sessions.account_of(connection, caller.user_id)
    if account is None:
        raise UnauthenticatedError("This session has ended. Log in again.", code="session_ended")
    return await login.begin(
        resources,
        account,
        visitor,
        assurance,
        expires_at=caller.expires_at,
        instead_of=tokens.hash_of(caller.token),
    )


async def with_passkey(
    resources: Resources, party: Party, credential: Mapping[str, Any], visitor: Visitor
) -> Begun:
    """Nobody says who they are before: the passkey does. Raises `UnauthenticatedError`."""
    user_id = None
    try:
        user_id = await _signer(resources, party, credential)
    except PasskeyError as exc:
        log.info("passkey_refused", reason=str(exc))
    account = None
    if user_id is not None:
        async with reading_as_system(resources) as connection:
            account = await sessions.account_of(connection, user_id)
    if account is None:
        raise UnauthenticatedError("This passkey opens nothing here.", code="wrong_passkey")
    return await login.begin(resources, account, visitor, Assurance.TWO_FACTORS)


async def _signer(resources: Resources, party: Party, credential: Mapping[str, Any]) -> int:
    claimed = ceremony.claimed(credential)
    if not await giving.take(resources, claimed.challenge, None):
        raise PasskeyError("It signed what was not asked, or not now.")
    async with changing_as_system(resources) as connection:
        found = await queries.owner_of(connection, claimed.credential_id, claimed.handle)
        if found is None:
            raise PasskeyError("It is nobody's here.")
        user_id, passkey = found
        count = ceremony.sign_count_of(party, credential, passkey, challenge=claimed.challenge)
        await queries.used_passkey(
            connection, claimed.credential_id, sign_count=count, now=resources.now()
        )
    return user_id
