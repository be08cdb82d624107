"""The one place that opens and commits transactions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_ENTER = text("SELECT giamsat_enter(:actor, coalesce(CAST(:at AS timestamptz), now()))")


def create_engine(
    url: str, *, application: str, pool_size: int = 5, answer_within_s: float = 35.0
) -> AsyncEngine:
    """An engine for one process.

    `url` is a plain `postgresql://` address. Statements may take half a minute and wait for a lock
    five seconds: whoever waits longer would rather know. A server that has not said so itself by
    `answer_within_s` is gone, whatever TCP believes; and so are we, if we leave it waiting for the
    rest of a transaction, so that nobody has to wait for our locks any longer.
    """
    async_url = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    settings = {
        "application_name": f"giamsat-{application}",
        "statement_timeout": "30000",
        "lock_timeout": "5000",
        "idle_in_transaction_session_timeout": str(round(answer_within_s * 1000)),
        "timezone": "UTC",
        # Whoever is cut off in mid-statement leaves a backend that holds its locks and waits for
        # the rest: no timeout of statements or idle transactions runs then, only these.
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "25000",
        "jit": "off",  # every query here is short; compiling plans would dominate them
    }
    return create_async_engine(
        async_url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=False,
        pool_recycle=1800,
        hide_parameters=True,  # logs never hold what a statement was about
        connect_args={
            "server_settings": settings,
            "timeout": 5,
            "command_timeout": answer_within_s,
        },
    )


@dataclass(frozen=True, slots=True)
class Asker:
    """In whose name a transaction reads and writes: `user:7`, `client:3` or `system`, and when.

    Row-level security shows a role that it guards nothing before it has heard this.
    """

    actor: str
    at: datetime | None = None


#: Reads everything, for what no person asks for.
SYSTEM: Final = Asker("system")


@asynccontextmanager
async def unit_of_work(
    engine: AsyncEngine, asker: Asker | None = None
) -> AsyncIterator[AsyncConnection]:
    """One transaction: committed when the block ends well, rolled back when it does not."""
    async with _connected(engine) as connection, connection.begin():
        await _enter(connection, asker)
        yield connection


@asynccontextmanager
async def reading(
    engine: AsyncEngine, asker: Asker | None = None
) -> AsyncIterator[AsyncConnection]:
    """One consistent, read-only view: every statement inside sees the same moment."""
    async with _connected(engine) as connection:
        # The driver says so with BEGIN; the pool takes it back before it lends the connection anew.
        await connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        async with connection.begin():
            await _enter(connection, asker)
            yield connection


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection whose user was cancelled may still be in a statement: nobody gets it again."""
    async with engine.connect() as connection:
        try:
            yield connection
        except asyncio.CancelledError:
            await asyncio.shield(connection.invalidate())
            raise


async def _enter(connection: AsyncConnection, asker: Asker | None) -> None:
    """For this transaction only. A role without row-level rules asks in nobody's name."""
    if asker is not None:
        await connection.execute(_ENTER, {"actor": asker.actor, "at": asker.at})
