"""How long a tick takes: on a quiet day, and when a whole province goes dark."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.tell.outbox import Sender
from services.alerts.tick import Holder, Ticked, tick
from services.cli.postgres import OWNER, Postgres
from shared.db.session import create_engine, unit_of_work
from tests.bench import province
from tests.support import databases

FACILITIES = 500
DEVICES = 10_000
#: Devices beat every 30 s and a room may be bare for 60 s.
INTERVAL_S = 30
QUIET_TICKS = 90
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
SENDER = Sender("giamsat.example", "https://giamsat.example")
SECOND = timedelta(seconds=1)

_BEAT = text(
    """
    UPDATE device_day SET changed_at = :now, watched = watched
        + tstzmultirange(tstzrange(CAST(:now AS timestamptz) - interval '40 seconds', :now))
    WHERE day = :day AND device_id % :interval = :phase
    """
)
_HISTORY = text(
    """
    INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at)
    SELECT device_id, day - n, '{}', '{}', '{}', changed_at
    FROM device_day, generate_series(2, CAST(:days AS integer), 2) n
    """
)
_KNOW = text("UPDATE ingest_worker SET seen_until = :now, flushed_at = :now")


def measure() -> dict[str, float]:
    with databases.running_postgres(fsync="on", shared_buffers="256MB") as server:
        return asyncio.run(_measure(server))


async def _measure(server: Postgres) -> dict[str, float]:
    async with _province(server, FACILITIES // 10, DEVICES // 10) as days:
        await days.run(10, days.beat)
        small = await days.run(QUIET_TICKS, days.beat)
    async with _province(server, FACILITIES, DEVICES) as days:
        await days.run(40, days.beat)
        quiet = await days.run(QUIET_TICKS, days.beat)
        dark = await days.run(90, days.know)
        back = await days.run(40, days.beat)
        if (found := await days.gaps()) < 0.99 * FACILITIES * province.ZONES_EACH:
            raise SystemExit(f"only {found} gaps were found: the figures mean nothing")
    async with _province(server, 10 * FACILITIES, 10 * DEVICES) as days:
        await days.run(10, days.beat)
        large = await days.run(20, days.beat)
    return {
        "alerts.tick_ms_1k": statistics.median(small),
        "alerts.tick_ms_10k": statistics.median(quiet),
        "alerts.tick_ms_10k_p99": statistics.quantiles(quiet, n=100)[98],
        "alerts.tick_ms_10k_while_dark": statistics.median(dark[-20:]),
        "alerts.tick_ms_10k_going_dark": max(dark),
        "alerts.tick_ms_10k_coming_back": max(back),
        "alerts.tick_ms_100k": statistics.median(large),
    }


@asynccontextmanager
async def _province(server: Postgres, facilities: int, devices: int) -> AsyncIterator["_Days"]:
    name = await databases.fresh_database(server)
    owner = create_engine(server.url_of(OWNER, server.password, name), application="bench")
    engine = create_engine(server.url_of("giamsat_alerts", "alerts", name), application="alerts")
    await province.seed(owner, facilities=facilities, devices=devices, now=NOON)
    async with owner.connect() as connection:
        # Months of days on record is what a tick must not notice.
        await connection.execute(_HISTORY, {"days": 60 if devices == DEVICES else 6})
        await connection.commit()
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
    yield _Days(owner, engine, NOON)
    await engine.dispose()
    await owner.dispose()


class _Days:
    """A clock that goes a second a tick, and what devices do meanwhile."""

    def __init__(self, owner: AsyncEngine, alerts: AsyncEngine, at: datetime) -> None:
        self._owner = owner
        self._alerts = alerts
        self._at = at

    async def run(self, ticks: int, happen: Callable[[], Awaitable[None]]) -> list[float]:
        """How long each tick took, in milliseconds."""
        took: list[float] = []
        for _ in range(ticks):
            self._at += SECOND
            await happen()
            began = time.perf_counter()
            ticked = await tick(self._alerts, Holder("bench"), SENDER, self._at)
            took.append(1000 * (time.perf_counter() - began))
            assert isinstance(ticked, Ticked)
        return took

    async def beat(self) -> None:
        """A thirtieth of the devices tell; all is known."""
        phase = int(self._at.timestamp()) % INTERVAL_S
        values = {
            "now": self._at, "day": self._at.date(), "interval": INTERVAL_S, "phase": phase,
        }  # fmt: skip
        async with unit_of_work(self._owner) as connection:
            await connection.execute(_BEAT, values)
        await self.know()

    async def know(self) -> None:
        async with unit_of_work(self._owner) as connection:
            await connection.execute(_KNOW, {"now": self._at})

    async def gaps(self) -> int:
        async with unit_of_work(self._owner) as connection:
            statement = text("SELECT count(*) FROM gap WHERE opened_at > :noon")
            return int(await connection.scalar(statement, {"noon": NOON}) or 0)


if __name__ == "__main__":
    for key, value in measure().items():
        print(f"{key:40} {value:10.1f}")
