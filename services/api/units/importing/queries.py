"""What an import reads and writes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, any_, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.units.importing.draft import Draft, Entry
from services.api.units.importing.known import Known
from services.api.units.importing.rows import SheetKind
from shared.db.tables.registry import admin_unit, facility
from shared.db.tables.units import (
    admin_unit_succession,
    authority,
    competence,
    facility_assignment,
)
from shared.domain.jurisdiction import Level

#: In the order in which they build on one another.
_TABLES: Final[Mapping[SheetKind, Table]] = {
    SheetKind.UNITS: admin_unit,
    SheetKind.SUCCESSIONS: admin_unit_succession,
    SheetKind.AUTHORITIES: authority,
    SheetKind.COMPETENCES: competence,
    SheetKind.ASSIGNMENTS: facility_assignment,
}
#: Columns that hold numbers of other rows, which may be new, and of which sheet these are.
_REFERENCES: Final[Mapping[str, SheetKind]] = {
    "parent_id": SheetKind.UNITS,
    "from_id": SheetKind.UNITS,
    "to_id": SheetKind.UNITS,
    "admin_unit_id": SheetKind.UNITS,
    "to_unit_id": SheetKind.UNITS,
    "authority_id": SheetKind.AUTHORITIES,
    "successor_id": SheetKind.AUTHORITIES,
}
_NOTHING: Final[Mapping[str, object]] = {}


async def known(connection: AsyncConnection, facilities: Iterable[str]) -> Known:
    """All units and authorities, and the facilities named."""
    units = await _rows(connection, admin_unit)
    successions = await _rows(connection, admin_unit_succession)
    authorities = await _rows(connection, authority)
    competences = await _rows(connection, competence)
    assignments = await _rows(connection, facility_assignment)
    named = await connection.execute(
        select(facility.c.code, facility.c.id, facility.c.admin_unit_id).where(
            facility.c.code == any_(literal(list(facilities), ARRAY(TEXT)))
        )
    )
    return Known(
        units=units,
        successions={
            (row["from_id"], row["to_id"], row["effective_on"]): (number, row)
            for number, row in successions.items()
        },
        authorities={row["code"]: (number, row) for number, row in authorities.items()},
        competences={
            (row["authority_id"], row["subject_matter"], row["valid_from"]): (number, row)
            for number, row in competences.items()
        },
        facilities={code: (number, unit_id) for code, number, unit_id in named},
        assignments={
            (row["facility_id"], row["effective_on"]): (number, row)
            for number, row in assignments.items()
        },
    )


async def _rows(connection: AsyncConnection, table: Table) -> dict[int, dict[str, Any]]:
    rows = await connection.execute(select(table).order_by(table.c.id))
    return {row["id"]: dict(row) for row in rows.mappings()}


#: A parent is written before what belongs to it.
_RANK: Final = {Level.PROVINCE: 0, Level.DISTRICT: 1, Level.COMMUNE: 2}
_Numbers = dict[tuple[SheetKind, int], int]


async def write(connection: AsyncConnection, draft: Draft, *, by: str, now: datetime) -> None:
    """All that is new or changes."""
    numbers: _Numbers = {}
    for tier in range(len(_RANK)):
        units = [e for e in draft.entries[SheetKind.UNITS] if _RANK[_level(e)] == tier]
        await _add(connection, SheetKind.UNITS, units, numbers)
    for kind in (SheetKind.SUCCESSIONS, SheetKind.AUTHORITIES, SheetKind.COMPETENCES):
        await _add(connection, kind, draft.entries[kind], numbers)
    extra = {"by": by, "assigned_at": now}
    await _add(
        connection, SheetKind.ASSIGNMENTS, draft.entries[SheetKind.ASSIGNMENTS], numbers, extra
    )
    for kind in _TABLES:
        await _change(connection, kind, draft.entries[kind], numbers)


def _level(entry: Entry) -> Level:
    return Level(str(entry.values["level"]))


async def _add(
    connection: AsyncConnection,
    kind: SheetKind,
    entries: Iterable[Entry],
    numbers: _Numbers,
    extra: Mapping[str, object] = _NOTHING,
) -> None:
    """Successors come afterwards: they may be new themselves."""
    fresh = [entry for entry in entries if entry.was is None]
    if not fresh:
        return
    table = _TABLES[kind]
    rows = [_row(entry, numbers) | dict(extra) for entry in fresh]
    added = await connection.scalars(
        insert(table).returning(table.c.id, sort_by_parameter_order=True), rows
    )
    for entry, number in zip(fresh, added, strict=True):
        numbers[kind, entry.id] = number


def _row(entry: Entry, numbers: _Numbers) -> dict[str, object]:
    return {n: _real(n, v, numbers) for n, v in entry.values.items() if n != "successor_id"}


async def _change(
    connection: AsyncConnection, kind: SheetKind, entries: Iterable[Entry], numbers: _Numbers
) -> None:
    table = _TABLES[kind]
    for entry in entries:
        changes = entry.changes
        if entry.was is None:
            changes = {n: v for n, v in changes.items() if n == "successor_id" and v is not None}
        if changes:
            row_id = numbers.get((kind, entry.id), entry.id)
            real = {name: _real(name, value, numbers) for name, value in changes.items()}
            await connection.execute(update(table).where(table.c.id == row_id).values(real))


def _real(name: str, value: object, numbers: _Numbers) -> object:
    kind = _REFERENCES.get(name)
    if kind is None or not isinstance(value, int):
        return value
    return numbers.get((kind, value), value)
