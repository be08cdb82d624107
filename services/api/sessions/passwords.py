"""Passwords as argon2id hashes, made and checked off the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.api.problems import UnavailableError

#: OWASP's first choice; a hash takes 46 MiB while it is made, so only a few are made at once.
_PARAMETERS: Final = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
_AT_ONCE: Final = 2
_MAX_WAITING: Final = 32


def hashed(password: str) -> str:
    """For those with time: seeders and tests."""
    return _PARAMETERS.hash(password)


def is_right(password_hash: str, password: str) -> bool:
    try:
        return _PARAMETERS.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


#: What an unknown person's password is checked against, so that it takes as long.
_NOBODYS: Final = hashed("nobody's")


class Hasher:
    """Checks passwords, a few at once; refuses when too many wait."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0

    async def is_right(self, password_hash: str | None, password: str) -> bool:
        """False for an unknown person, after the same time."""
        if self._waiting >= _MAX_WAITING:
            raise UnavailableError("Too many people log in at once. Try again.", code="busy")
        self._waiting += 1
        try:
            right = await asyncio.get_running_loop().run_in_executor(
                self._threads, is_right, password_hash or _NOBODYS, password
            )
        finally:
            self._waiting -= 1
        return right and password_hash is not None
