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

#: Classes of SQLSTATE: data exception, program limit exceeded.
_OF_THE_VALUE: Final = ("22", "54")


def is_unstorable(error: BaseException) -> bool:
    """Whether a value was none that PostgreSQL can hold: a NUL in a text, a key too long."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(state, str) and state.startswith(_OF_THE_VALUE)


#: No lock in time, given up, no room to go on with others, too long between two statements.
_BUSY: Final = ("55P03", "57014", "40P01", "25P03")


def is_busy(error: BaseException) -> bool:
    """Whether a change gave way to others, so that it may be tried again a little later."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state in _BUSY or bool(getattr(error, "connection_invalidated", False))
