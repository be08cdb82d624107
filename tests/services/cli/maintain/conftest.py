"""Two facilities with two years behind them, month by month, and somebody who can hold things."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.maintain import round as rounds
from shared.db.session import unit_of_work
from tests.support.registry import register

#: Months are made around this day, and filled.
THEN = datetime(2030, 1, 10, 3, tzinfo=UTC)
#: Two years later: January 2030 is past its time, February not yet.
NOW = datetime(2032, 2, 10, 3, tzinfo=UTC)

_FILL = (
    """
    INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at)
    SELECT device.id, day, tstzmultirange(tstzrange(day, day + interval '1 day')), '{}', '{}', day
    FROM device, generate_series(CAST(:first AS timestamptz), CAST(:last AS timestamptz), '1 day')
                 AS it (day)
    """,
    """
    INSERT INTO device_fault (device_id, day, fault, spans)
    SELECT device_id, day, 'dark', watched FROM device_day WHERE day BETWEEN :first AND :last
    """,
)


@dataclass(frozen=True)
class Past:
    """The ids of what is there."""

    engine: AsyncEngine
    sunny: int
    rainy: int
    user: int

    async def hold(
        self, first: date, last: date | None = None, *, facility: int | None = None
    ) -> int:
        return int(
            await self.scalar(
                "INSERT INTO legal_hold (facility_id, first_day, last_day, reason, placed_by, "
                "placed_at) VALUES (:facility, :first, :last, 'a case', :user, :now) RETURNING id",
                facility=facility,
                first=first,
                last=last,
                user=self.user,
                now=THEN,
            )
        )

    async def release(self, hold: int) -> None:
        await self.scalar(
            "UPDATE legal_hold SET released_by = :user, released_at = :now, "
            "release_reason = 'closed' WHERE id = :hold RETURNING id",
            user=self.user,
            now=NOW,
            hold=hold,
        )

    async def scalar(self, statement: str, **values: object) -> int:
        async with unit_of_work(self.engine) as connection:
            return int((await connection.execute(text(statement), values)).scalar_one())

    async def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(statement), values)]

    async def parts(self, table: str = "device_day") -> set[str]:
        found = await self.rows(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = CAST(:table AS regclass)",
            table=table,
        )
        return {str(name) for (name,) in found}

    async def count(self, table: str) -> int:
        return await self.scalar(f"SELECT count(*) FROM {table}")  # noqa: S608 - names of ours

    async def months(self, table: str = "device_day") -> dict[str, int]:
        """How many rows there are, by month."""
        found = await self.rows(
            f"SELECT to_char(day, 'YYYY-MM'), count(*) FROM {table} GROUP BY 1 ORDER BY 1"  # noqa: S608 - names of ours
        )
        return {str(month): int(str(count)) for month, count in found}


@pytest.fixture
async def past(engine: AsyncEngine) -> Past:
    """One device each, told of on every day from December 2029 to March 2030."""
    sunny = await register(engine, "CAM-1", facility="SUNNY")
    rainy = await register(engine, "CAM-1", facility="RAINY")
    await rounds.run(engine, now=THEN)
    async with unit_of_work(engine) as connection:
        for statement in _FILL:
            await connection.execute(
                text(statement), {"first": date(2029, 12, 1), "last": date(2030, 3, 31)}
            )
        user = await connection.scalar(
            text(
                "INSERT INTO user_account (email, name, language, password_hash, created_at) "
                "VALUES ('officer@giamsat.example', 'Officer', 'vi', '', :now) RETURNING id"
            ),
            {"now": THEN},
        )
    return Past(engine, sunny.facility, rainy.facility, int(user or 0))
