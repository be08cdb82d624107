"""From an address and a passphrase to a session; the API and the console log in through here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.api.access.transactions import changing, changing_as_system, reading_as_system
from services.api.access_log.queries import Trail
from services.api.guessing import doors
from services.api.guessing import queries as guessing
from services.api.guessing.doors import Doors, network_of
from services.api.problems import UnauthenticatedError
from services.api.resources import Resources
from services.api.sessions import passwords, queries, tokens
from services.api.sessions.queries import Account, Beginning, Held
from services.api.sessions.visitor import Visitor
from shared.domain.assurance import Assurance, Standing, needs_second_factor, standing
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.throttling import Door
from shared.runtime import logging

log = logging.get(__name__)

#: For so long a browser is known in which somebody has logged in.
DEVICE_KNOWN_FOR: Final = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has just begun; nobody can read its token again."""

    token: str
    expires_at: datetime
    account: Account
    held: Sequence[Held]
    standing: Standing
    #: By which their browser is known next time; only once they are fully logged in.
    device_token: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who has just shown who they are."""

    trail: Trail


async def log_in(resources: Resources, email: str, password: str, visitor: Visitor) -> Begun:
    """Raises `UnauthenticatedError` or `TooManyError`, which say no more than they must."""
    name = email.replace("\x00", "").strip().lower()
    asked = await _doors_of(resources, name, visitor)
    knocked_at = await doors.knock(resources, asked)
    async with reading_as_system(resources) as connection:
        account = await queries.account(connection, name)
    known_hash = account.password_hash if account else None
    if not await resources.hasher.is_right(known_hash, password) or account is None:
        log.info("log_in_refused")
        raise UnauthenticatedError("Address or password is wrong.", code="wrong_credentials")
    await doors.opened(resources, asked, knocked_at=knocked_at)
    await _renew_hash(resources, account, password)
    return await begin(resources, account, visitor, Assurance.PASSPHRASE)


async def begin(
    resources: Resources,
    account: Account,
    visitor: Visitor,
    assurance: Assurance,
    *,
    expires_at: datetime | None = None,
    instead_of: bytes | None = None,
) -> Begun:
    """A session with a token of its own; one that it takes the place of ends, its end stays."""
    now = resources.now()
    token, until = tokens.new(), expires_at or now + tokens.ABSOLUTE
    deed = Deed(Verb.LOG_IN, Subject.SESSION, f"user:{account.id}", detail={"by": assurance})
    async with changing(resources, Known(visitor.trail(account.id)), deed) as connection:
        if instead_of is not None:
            await queries.end(connection, instead_of)
        await queries.begin(
            connection,
            Beginning(
                token_hash=tokens.hash_of(token),
                user_id=account.id,
                assurance=assurance,
                at=now,
                expires_at=until,
                address=visitor.address,
                device=visitor.browser,
            ),
        )
        held = await queries.held(connection, account.id, now=now)
    reached = standing_of(resources, held, assurance, has_factor=account.has_factor)
    device_token = await _keep_device(resources, account, visitor, reached)
    log.info("logged_in", user_id=account.id, standing=reached)
    return Begun(token, until, account, held, reached, device_token)


def standing_of(
    resources: Resources, held: Sequence[Held], assurance: Assurance, *, has_factor: bool
) -> Standing:
    roles = [one.assignment.role for one in held]
    demanded = resources.settings.require_second_factor and needs_second_factor(roles)
    return standing(assurance, has_factor=has_factor, needs_factor=demanded)


async def log_out(resources: Resources, token: str, visitor: Visitor) -> None:
    """Nothing happens to a session that has ended."""
    token_hash = tokens.hash_of(token)
    async with reading_as_system(resources) as connection:
        session = await queries.found(connection, token_hash)
    if session is None:
        return
    deed = Deed(Verb.LOG_OUT, Subject.SESSION, f"user:{session.user_id}")
    who = Known(visitor.trail(session.user_id))
    async with changing(resources, who, deed) as connection:
        await queries.end(connection, token_hash)


async def _doors_of(resources: Resources, name: str, visitor: Visitor) -> Doors:
    """In a browser that its owner has used before, one's own door; else those of strangers."""
    token_hash = tokens.hash_of(visitor.device_token or "")
    async with reading_as_system(resources) as connection:
        is_known = await guessing.is_known_device(connection, token_hash, name, now=resources.now())
    if is_known:
        return {Door.DEVICE: token_hash.hex()}
    return {Door.ACCOUNT: name, Door.ADDRESS: network_of(visitor.address)}


async def _keep_device(
    resources: Resources, account: Account, visitor: Visitor, reached: Standing
) -> str | None:
    """A token for the browser, unless it has one of theirs or they are not in yet."""
    if reached is not Standing.FULL:
        return None
    now, token = resources.now(), tokens.new()
    there = tokens.hash_of(visitor.device_token or "")
    async with changing_as_system(resources) as connection:
        await queries.forget_over(connection, now=now)
        if await guessing.is_known_device(connection, there, account.email.lower(), now=now):
            return None
        await guessing.keep_device(
            connection,
            account.id,
            tokens.hash_of(token),
            now=now,
            expires_at=now + DEVICE_KNOWN_FOR,
        )
    return token


async def _renew_hash(resources: Resources, account: Account, password: str) -> None:
    """Only now do we have the passphrase to make a hash by today's parameters."""
    if account.password_hash is None or not passwords.is_outdated(account.password_hash):
        return
    renewed = await resources.hasher.hashed(password)
    async with changing_as_system(resources) as connection:
        await queries.set_passphrase(connection, account.id, renewed)
    log.info("passphrase_rehashed", user_id=account.id)
