from collections import Counter
from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.units.importing.bringing_in import Outcome, bring_in
from services.api.units.importing.rows import SheetKind
from services.api.units.importing.sheets import read
from shared.data.units import shipped
from shared.db.session import unit_of_work
from shared.domain.access import Scope
from shared.domain.jurisdiction import LEVEL_OF, Level

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
CUT = date(2025, 7, 1)
EVERYWHERE = Scope(is_everywhere=True)


async def import_shipped(engine: AsyncEngine) -> Outcome:
    async with unit_of_work(engine) as connection:
        return await bring_in(connection, shipped(), EVERYWHERE, by="system", now=NOW)


def test_the_units_are_as_many_as_the_law_says() -> None:
    units = read(shipped()).units
    old = [u for u in units if u.valid_to == CUT and u.code.startswith("62")]
    new = Counter(u.kind for u in units if u.valid_to is None)
    assert Counter(LEVEL_OF[u.kind] for u in old) == {
        Level.PROVINCE: 1, Level.DISTRICT: 10, Level.COMMUNE: 102,
    }  # fmt: skip
    assert new == {"province": 1, "commune": 86, "ward": 9, "special_zone": 1}


def test_every_old_commune_has_one_successor_and_forty_have_predecessors() -> None:
    units = {u.code for u in read(shipped()).units if u.valid_to and LEVEL_OF[u.kind] == "commune"}
    successions = [s for s in read(shipped()).successions if s.from_code in units]
    assert Counter(s.from_code for s in successions) == dict.fromkeys(units, 1)
    assert len({s.to_code for s in successions}) == 40
    assert sum(s.kind == "rename" for s in successions) == 4


def test_every_row_says_where_it_is_from() -> None:
    sheets = read(shipped())
    assert sheets.faults == []
    sources = [
        *(row.source for row in sheets.units),
        *(row.source for row in sheets.successions),
        *(row.source for row in sheets.authorities),
        *(row.source for row in sheets.competences),
    ]
    assert "" not in sources


def test_no_official_code_is_invented() -> None:
    assert {u.official_code for u in read(shipped()).units} == {None, "51", "62"}


async def test_what_is_shipped_comes_in_whole_and_a_second_time_changes_nothing(
    engine: AsyncEngine,
) -> None:
    first = await import_shipped(engine)
    again = await import_shipped(engine)
    assert first.faults == again.faults == []
    assert {one.kind: one.added for one in first.counts} == {
        SheetKind.UNITS: 211, SheetKind.SUCCESSIONS: 114, SheetKind.AUTHORITIES: 266,
        SheetKind.COMPETENCES: 457,
    }  # fmt: skip
    assert {(one.added, one.changed) for one in again.counts} == {(0, 0)}


async def test_the_successors_of_the_department_lead_to_the_one_of_today(
    engine: AsyncEngine,
) -> None:
    await import_shipped(engine)
    async with unit_of_work(engine) as connection:
        found = await connection.execute(
            text(
                "SELECT a.code, b.code, c.code FROM authority a "
                "JOIN authority b ON b.id = a.successor_id "
                "JOIN authority c ON c.id = b.successor_id WHERE a.code = 'sldtbxh-62'"
            )
        )
    assert [tuple(row) for row in found] == [("sldtbxh-62", "syt-62", "syt-51")]
