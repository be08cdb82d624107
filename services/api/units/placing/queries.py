"""Moves facilities to other units: the history, the place of today, and a row for what is open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlalchemy import any_, bindparam, insert, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.registry import facility
from shared.db.tables.units import facility_location, jurisdiction_reassigned
from shared.domain.jurisdiction import Move, Stay, after
from shared.domain.schedule import local_day

_IDS: Final = ARRAY(BIGINT)


@dataclass(frozen=True, slots=True)
class Warrant:
    """By whom facilities are moved, when, and by what law from which unit to which."""

    #: user:7, or system.
    by: str
    at: datetime
    bases: Mapping[tuple[int, int | None], str] = field(default_factory=dict)


async def move(connection: AsyncConnection, moves: Sequence[Move], warrant: Warrant) -> None:
    """In order; what was is never rewritten. Alerts folds the rows into what is still open."""
    if not moves:
        return
    before = await histories(connection, {one.facility_id for one in moves})
    now = dict(before)
    for one in moves:
        now[one.facility_id] = after(now[one.facility_id], one)
    for facility_id, stays in now.items():
        await _rewrite(connection, facility_id, before[facility_id], stays)
    await _set_homes(connection, {one.facility_id: one.to_id for one in moves})
    await connection.execute(
        insert(jurisdiction_reassigned),
        [
            {
                "facility_id": one.facility_id,
                "from_unit_id": one.from_id,
                "to_unit_id": one.to_id,
                "effective_on": one.effective_on,
                "legal_basis": warrant.bases.get((one.from_id, one.to_id), ""),
                "by": warrant.by,
                "happened_at": warrant.at,
            }
            for one in moves
        ],
    )


async def histories(
    connection: AsyncConnection, facility_ids: Iterable[int]
) -> dict[int, tuple[Stay, ...]]:
    """Whose past nobody wrote down lies where it lies since it was registered."""
    wanted = literal(list(facility_ids), _IDS)
    homes = await connection.execute(
        select(
            facility.c.id, facility.c.admin_unit_id, facility.c.registered_at, facility.c.time_zone
        ).where(facility.c.id == any_(wanted))
    )
    found: dict[int, tuple[Stay, ...]] = {}
    since: dict[int, Stay] = {}
    for facility_id, unit_id, registered_at, zone in homes:
        found[facility_id] = ()
        since[facility_id] = Stay(unit_id, local_day(registered_at, zone))
    rows = await connection.execute(
        select(
            facility_location.c.facility_id,
            facility_location.c.admin_unit_id,
            facility_location.c.valid_from,
            facility_location.c.valid_to,
        )
        .where(facility_location.c.facility_id == any_(wanted))
        .order_by(facility_location.c.valid_from)
    )
    for facility_id, unit_id, valid_from, valid_to in rows:
        found[facility_id] = (*found[facility_id], Stay(unit_id, valid_from, valid_to))
    return {number: stays or (since[number],) for number, stays in found.items()}


async def _rewrite(
    connection: AsyncConnection, facility_id: int, before: Sequence[Stay], now: Sequence[Stay]
) -> None:
    """Only rows that changed; a history that nobody had written down is written now."""
    known = {stay.valid_from: stay for stay in await _written(connection, facility_id, before)}
    for stay in now:
        here = facility_location.c.facility_id == facility_id
        values = {"admin_unit_id": stay.unit_id, "valid_to": stay.valid_to}
        if stay.valid_from not in known:
            await connection.execute(
                insert(facility_location).values(
                    facility_id=facility_id, valid_from=stay.valid_from, **values
                )
            )
        elif known[stay.valid_from] != stay:
            await connection.execute(
                update(facility_location)
                .where(here, facility_location.c.valid_from == stay.valid_from)
                .values(values)
            )


async def _written(
    connection: AsyncConnection, facility_id: int, stays: Sequence[Stay]
) -> Sequence[Stay]:
    """A history of one stay may be one that we only assumed."""
    if len(stays) > 1:
        return stays
    there = await connection.scalar(
        select(facility_location.c.id).where(facility_location.c.facility_id == facility_id)
    )
    return stays if there is not None else ()


async def _set_homes(connection: AsyncConnection, homes: Mapping[int, int]) -> None:
    await connection.execute(
        update(facility)
        .where(facility.c.id == bindparam("facility"))
        .values(admin_unit_id=bindparam("home")),
        [{"facility": facility_id, "home": unit_id} for facility_id, unit_id in homes.items()],
    )


async def unit_of_facility_on(
    connection: AsyncConnection, facility_id: int, day: date
) -> int | None:
    """The unit in which a facility lay on a day; what nobody wrote down is as it is today."""
    past = (
        select(facility_location.c.admin_unit_id)
        .where(
            facility_location.c.facility_id == facility.c.id,
            facility_location.c.valid_from <= day,
            or_(facility_location.c.valid_to.is_(None), facility_location.c.valid_to > day),
        )
        .lateral("past")
    )
    row = (
        await connection.execute(
            select(past.c.admin_unit_id, facility.c.admin_unit_id)
            .select_from(facility.outerjoin(past, true()))
            .where(facility.c.id == facility_id)
        )
    ).one_or_none()
    return (row[0] or row[1]) if row else None
