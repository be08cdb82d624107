"""How a database that is away looks, how a wrong statement, and a value it cannot take."""

from typing import Final

import asyncpg
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError

#: While connecting, the server's own words reach us unwrapped: it starts, stops, or is full.
AWAY: Final[tuple[type[Exception], ...]] = (
    NoFreeConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)

#: Every way in which a database can fail a statement.
FAULTS: Final[tuple[type[Exception], ...]] = (DBAPIError, *AWAY)

#: What it says of a wrong statement; trying it again would say the same.
WRONG: Final[tuple[type[Exception], ...]] = (
    ProgrammingError,
    DataError,
    IntegrityError,
    NotSupportedError,
)

_DATA_EXCEPTION: Final = "22"


def is_passing(error: BaseException) -> bool:
    """Whether the same statement may succeed later."""
    return isinstance(error, FAULTS) and not isinstance(error, WRONG)


def is_unstorable(error: BaseException) -> bool:
    """Whether a value was not one that PostgreSQL can hold: a NUL in a text, a number too large."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(state, str) and state.startswith(_DATA_EXCEPTION)
