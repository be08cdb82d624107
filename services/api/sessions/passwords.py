"""Passphrases as argon2id hashes, made and checked off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.api.problems import UnavailableError
from shared.domain.passphrase import normalised

#: OWASP's first choice; a hash takes 46 MiB while it is made, so only a few are made at once.
_PARAMETERS: Final = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
_AT_ONCE: Final = 2
_MAX_WAITING: Final = 32
T = TypeVar("T")


def hashed(password: str) -> str:
    """For those with time: seeders and tests."""
    return _PARAMETERS.hash(normalised(password))


def is_right(password_hash: str, password: str) -> bool:
    try:
        return _PARAMETERS.verify(password_hash, normalised(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than those of today."""
    return _PARAMETERS.check_needs_rehash(password_hash)


#: What an unknown person's passphrase is checked against, so that it takes as long.
_NOBODYS: Final = hashed("nobody's")


class Hasher:
    """Makes and checks hashes, a few at once; refuses when too many wait."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0

    async def is_right(self, password_hash: str | None, password: str) -> bool:
        """False for an unknown person, after the same time."""
        right = await self._in_turn(is_right, password_hash or _NOBODYS, password)
        return right and bool(password_hash)

    async def hashed(self, password: str) -> str:
        return await self._in_turn(hashed, password)

    async def _in_turn(self, work: Callable[..., T], *given: str) -> T:
        if self._waiting >= _MAX_WAITING:
            raise UnavailableError("Too many people log in at once. Try again.", code="busy")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)
        finally:
            self._waiting -= 1
