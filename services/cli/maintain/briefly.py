"""Changes to what the running services use: they have their locks at once, or try again later."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.cli.maintain import queries
from shared.db.session import unit_of_work
from shared.runtime import database_faults
from shared.runtime.errors import GiamsatError

T = TypeVar("T")
Change = Callable[[AsyncConnection], Awaitable[T]]


class BusyError(GiamsatError):
    """There was no moment in which the change could be made."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is in use all the time; try again later.", retryable=True)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a statement may take, and how often the change is tried."""

    statement_ms: int
    attempts: int = 20
    pause_s: float = 0.5


#: Of what locks a table that is in use: nobody waits longer than for a lock and for this.
FOR_A_TABLE: Final = Patience(statement_ms=90)
#: Of what locks only rows that nobody uses any more.
FOR_ROWS: Final = Patience(statement_ms=5_000)


async def briefly(
    engine: AsyncEngine, what: str, change: Change[T], patience: Patience = FOR_A_TABLE
) -> T:
    """Make a change in a transaction of its own; no lock in it is waited for or kept for long."""
    for _ in range(patience.attempts):
        try:
            async with unit_of_work(engine) as connection:
                await queries.be_brief(connection, statement_ms=patience.statement_ms)
                return await change(connection)
        except database_faults.FAULTS as fault:
            if not database_faults.is_busy(fault):
                raise
        await asyncio.sleep(patience.pause_s)
    raise BusyError(what)
