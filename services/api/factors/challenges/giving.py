"""Gives a passkey something to sign, and takes it back once."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from services.api.access.caller import Caller
from services.api.access.transactions import changing_as_system
from services.api.factors.challenges import queries
from services.api.problems import UnavailableError
from services.api.resources import Resources
from services.api.sessions import tokens

GOOD_FOR: Final = timedelta(minutes=5)
#: Anybody may ask for one; more are never waited for at once.
MOST: Final = 20_000
_BYTES: Final = 32


async def give(resources: Resources, caller: Caller | None) -> bytes:
    """To somebody's session; or to nobody, who wants to log in."""
    now, challenge = resources.now(), secrets.token_bytes(_BYTES)
    async with changing_as_system(resources) as connection:
        if await queries.forget_over(connection, now=now) >= MOST:
            raise UnavailableError("Too many log in with passkeys at once. Try again.")
        await queries.keep(
            connection,
            _hash_of(challenge),
            user_id=caller.user_id if caller else None,
            session_hash=tokens.hash_of(caller.token) if caller else None,
            expires_at=now + GOOD_FOR,
        )
    return challenge


async def take(resources: Resources, challenge: bytes, caller: Caller | None) -> bool:
    """Whether it was given to them, just now, and has not been answered before."""
    async with changing_as_system(resources) as connection:
        return await queries.take(
            connection,
            _hash_of(challenge),
            user_id=caller.user_id if caller else None,
            session_hash=tokens.hash_of(caller.token) if caller else None,
            now=resources.now(),
        )


def _hash_of(challenge: bytes) -> bytes:
    return hashlib.sha256(challenge).digest()
