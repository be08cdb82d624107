"""How a database that is away looks, and how one that cannot take what it was given."""

from typing import Final

import asyncpg
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError

#: While connecting, the server's own words reach us unwrapped: it starts, stops, or is full.
AWAY: Final[tuple[type[Exception], ...]] = (
    NoFreeConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)

_DATA_EXCEPTION: Final = "22"


def is_unstorable(error: BaseException) -> bool:
    """Whether a value was not one that PostgreSQL can hold: a NUL in a text, a number too large."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(state, str) and state.startswith(_DATA_EXCEPTION)
