"""From an address and a password to a session; the API and the console log in through here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.api.access.transactions import changing_as_system, reading_as_system
from services.api.problems import TooManyError, UnauthenticatedError
from services.api.resources import Resources
from services.api.sessions import queries, tokens
from services.api.sessions.queries import Account, Held
from shared.runtime import logging

log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has just begun; nobody can read its token again."""

    token: str
    expires_at: datetime
    account: Account
    held: Sequence[Held]


async def log_in(resources: Resources, email: str, password: str) -> Begun:
    """Raises `UnauthenticatedError` or `TooManyError`, which say no more than they must."""
    name = email.strip().lower()
    now = resources.now()
    closed_until = resources.throttle.closed_until(name, now=now)
    if closed_until is not None:
        seconds = math.ceil((closed_until - now).total_seconds())
        raise TooManyError("Too many failed attempts. Try again later.", retry_after_s=seconds)
    resources.throttle.attempted(name, now=now)
    async with reading_as_system(resources) as connection:
        account = await queries.account(connection, name)
    known_hash = account.password_hash if account else None
    if not await resources.hasher.is_right(known_hash, password) or account is None:
        log.info("log_in_refused")
        raise UnauthenticatedError("Address or password is wrong.", code="wrong_credentials")
    resources.throttle.succeeded(name)
    return await _begin(resources, account)


async def _begin(resources: Resources, account: Account) -> Begun:
    now = resources.now()
    token, expires_at = tokens.new(), now + tokens.ABSOLUTE
    async with changing_as_system(resources) as connection:
        await queries.begin(
            connection, tokens.hash_of(token), account.id, now=now, expires_at=expires_at
        )
        held = await queries.held(connection, account.id, now=now)
    log.info("logged_in", user_id=account.id)
    return Begun(token, expires_at, account, held)


async def log_out(resources: Resources, token: str) -> None:
    async with changing_as_system(resources) as connection:
        await queries.end(connection, tokens.hash_of(token))
