"""A country that is arranged anew on a day of the test's choosing."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.units.importing.bringing_in import Outcome, bring_in
from services.api.units.reorganising.cut_over import CutOver, Done
from shared.db.session import create_engine, unit_of_work
from shared.domain.access import Scope
from tests.conftest import Database

#: Noon in Viet Nam; the new order begins two days later.
NOW = datetime(2026, 6, 29, 5, tzinfo=UTC)
CUT = date(2026, 7, 1)
EVERYWHERE = Scope(is_everywhere=True)

UNITS = """code,name,kind,parent,valid_from,valid_to
P,Old,province,,2020-01-01,2026-07-01
Q,New,province,,2026-07-01,
P-1,xã Một,commune,P,2020-01-01,2026-07-01
P-2,xã Hai,commune,P,2020-01-01,2026-07-01
P-3,xã Ba,commune,P,2020-01-01,2026-07-01
Q-12,xã Một Hai,commune,Q,2026-07-01,
Q-3a,xã Ba Đông,commune,Q,2026-07-01,
Q-3b,xã Ba Tây,commune,Q,2026-07-01,
"""
SUCCESSIONS = """from,to,kind,effective_on,legal_basis
P,Q,merge,2026-07-01,Law A
P-1,Q-12,merge,2026-07-01,Law B
P-2,Q-12,merge,2026-07-01,Law B
P-3,Q-3a,split,2026-07-01,Law C
P-3,Q-3b,split,2026-07-01,Law C
"""
AUTHORITIES = """code,name,kind,unit,valid_from,valid_to,successor
old-dept,Sở cũ,health,P,2020-01-01,2026-07-01,new-dept
new-dept,Sở mới,health,Q,2026-07-01,,
"""


@dataclass
class Country:
    """Its engine is the owner's; what the product does it does as the api."""

    owner: AsyncEngine
    api: AsyncEngine
    now: datetime = NOW

    async def bring_in(self, **sheets: str) -> Outcome:
        files = {f"{name}.csv": sheet for name, sheet in sheets.items()}
        async with unit_of_work(self.owner) as connection:
            return await bring_in(connection, files, EVERYWHERE, by="system", now=self.now)

    async def begin(self) -> None:
        outcome = await self.bring_in(units=UNITS, successions=SUCCESSIONS, authorities=AUTHORITIES)
        assert outcome.faults == []

    async def facility(self, code: str, unit: str, *, registered_at: datetime | None = None) -> int:
        (row,) = await self.rows(
            "INSERT INTO facility (code, name, ownership, admin_unit_id, time_zone, children, "
            "registered_at) SELECT :code, :code, 'public', id, 'Asia/Ho_Chi_Minh', 5, :at "
            "FROM admin_unit WHERE code = :unit RETURNING id",
            code=code, unit=unit, at=registered_at or datetime(2024, 3, 1, tzinfo=UTC),
        )  # fmt: skip
        return int(row.id)

    async def user(self, role: str, *, unit: str | None = None, authority: str = "") -> int:
        (row,) = await self.rows(
            "INSERT INTO user_account (email, name, language, password_hash, created_at) "
            "VALUES (:email, :email, 'vi', 'x', now()) RETURNING id",
            email=f"{role}.{unit}.{authority}@example.org".lower(),
        )
        await self.rows(
            "INSERT INTO role_assignment (user_id, role, admin_unit_id, authority_id, valid_from) "
            "VALUES (:user, :role, (SELECT id FROM admin_unit WHERE code = :unit), "
            "(SELECT id FROM authority WHERE code = :authority), '2024-01-01') RETURNING id",
            user=row.id, role=role, unit=unit, authority=authority,
        )  # fmt: skip
        return int(row.id)

    async def cut_over(self) -> Done:
        return await CutOver(self.api, now=lambda: self.now).look()

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with unit_of_work(self.owner) as connection:
            return list((await connection.execute(text(statement), values)).all())

    async def homes(self) -> dict[str, str]:
        return {
            row[0]: row[1]
            for row in await self.rows(
                "SELECT f.code, u.code FROM facility f JOIN admin_unit u ON u.id = f.admin_unit_id"
            )
        }

    async def history(self, code: str) -> list[tuple[str, date, date | None]]:
        return [
            tuple(row)
            for row in await self.rows(
                "SELECT u.code, l.valid_from, l.valid_to FROM facility_location l "
                "JOIN facility f ON f.id = l.facility_id "
                "JOIN admin_unit u ON u.id = l.admin_unit_id "
                "WHERE f.code = :code ORDER BY l.valid_from",
                code=code,
            )
        ]

    def wait_for_the_day(self) -> None:
        """Past midnight on the country's clock."""
        self.now = NOW + timedelta(days=2)


@pytest.fixture
async def country(engine: AsyncEngine, database: Database) -> Any:
    api = create_engine(database.url_of_service("api"), application="api")
    country = Country(engine, api)
    await country.begin()
    yield country
    await api.dispose()
