"""How a database that is away looks, beside what the drivers call a database error."""

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
