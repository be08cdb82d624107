"""Facilities by page, filtered, each as it stood on the day asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    any_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.console.folding import begin_words, words_in
from services.api.facilities.asked import LicenceFilter, Order, Wanted
from services.api.facilities.schemas import FacilityOut
from shared.db.tables.facilities import facility_standing
from shared.db.tables.registry import admin_unit, facility
from shared.db.tables.units import facility_location
from shared.domain.access import Scope
from shared.domain.facility_status import LicenceState, Status
from shared.domain.licence_expiry import LONGEST_DAYS
from shared.domain.schedule import COUNTRY_TIME_ZONE, midnight

_standing: Final = facility_standing.alias("standing")
#: Where it lay on the day; what the past does not say is as it is today.
_place: Final = admin_unit.alias("place")
_status: Final[ColumnElement[str]] = func.coalesce(_standing.c.status, Status.UNDOCUMENTED)
_licence: Final[ColumnElement[str]] = func.coalesce(_standing.c.licence, LicenceState.NONE)

_SHOWN: Final = (
    facility.c.code,
    facility.c.name,
    facility.c.ownership,
    facility.c.type,
    facility.c.cares_for_children,
    _place.c.code.label("admin_unit"),
    facility.c.address,
    facility.c.capacity,
    facility.c.children,
    facility.c.latitude,
    facility.c.longitude,
    facility.c.time_zone,
    facility.c.requires_signature,
    _status.label("status"),
    _licence.label("licence"),
    _standing.c.licence_to,
    facility.c.registered_at,
    facility.c.retired_at,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A facility in a list, by where it lies; `key` is its place in the order."""

    id: int
    unit_id: int
    unit_name: str
    key: str
    facility: FacilityOut

    @property
    def cursor(self) -> tuple[str, str]:
        return self.key, self.facility.code


async def listed(
    connection: AsyncConnection,
    scope: Scope,
    wanted: Wanted,
    *,
    after: tuple[str, str] | None,
    limit: int,
) -> Sequence[Listed]:
    key = facility.c.sort_key if wanted.order is Order.NAME else literal("")
    own = (facility.c.id, _place.c.id.label("unit_id"), _place.c.name.label("unit_name"))
    statement = _on(wanted.on, (*own, *_SHOWN, key.label("key")), is_past=wanted.is_past)
    statement = statement.where(within(scope), *await _filters(connection, wanted))
    if after is not None:
        statement = statement.where(_comes_after(wanted.order, after))
    order = (facility.c.sort_key,) if wanted.order is Order.NAME else ()
    rows = await connection.execute(statement.order_by(*order, facility.c.code).limit(limit))
    return [
        Listed(row["id"], row["unit_id"], row["unit_name"], row["key"], facility_out(row))
        for row in rows.mappings()
    ]


async def one(
    connection: AsyncConnection, code: str, scope: Scope, *, on: date | None, today: date
) -> FacilityOut | None:
    is_past = on is not None and on < today
    statement = _on(on or today, _SHOWN, is_past=is_past)
    rows = await connection.execute(statement.where(within(scope), facility.c.code == code))
    row = rows.mappings().one_or_none()
    return facility_out(row) if row else None


async def units(connection: AsyncConnection, scope: Scope) -> Sequence[tuple[str, str]]:
    """Code and name of where facilities of a place lie, in the order of the alphabet."""
    rows = await connection.execute(
        select(admin_unit.c.code, admin_unit.c.name)
        .join_from(admin_unit, facility, facility.c.admin_unit_id == admin_unit.c.id)
        .where(within(scope))
        .group_by(admin_unit.c.id)
        .order_by(func.vietnamese_key(admin_unit.c.name).collate("C"))
    )
    return [(code, name) for code, name in rows]


async def units_of_today(
    connection: AsyncConnection, scope: Scope, *, today: date
) -> Sequence[tuple[str, str]]:
    """Where somebody may put a facility on record: communes first, in their order."""
    rows = await connection.execute(
        select(admin_unit.c.code, admin_unit.c.name)
        .where(
            admin_unit.c.valid_from <= today,
            or_(admin_unit.c.valid_to.is_(None), admin_unit.c.valid_to > today),
            true()
            if scope.is_everywhere
            else admin_unit.c.id == any_(literal(list(scope.admin_unit_ids), _IDS)),
        )
        .order_by(
            admin_unit.c.level != "commune",
            func.vietnamese_key(admin_unit.c.name).collate("C"),
        )
    )
    return [(code, name) for code, name in rows]


async def unit_name(connection: AsyncConnection, code: str, *, on: date) -> str:
    """As it was called on a day; a unit that began later is called as it is."""
    name = await connection.scalar(
        select(admin_unit.c.name)
        .where(admin_unit.c.code == code)
        .order_by(admin_unit.c.valid_from > on, admin_unit.c.valid_from.desc())
        .limit(1)
    )
    return str(name)


async def count(connection: AsyncConnection, scope: Scope, wanted: Wanted) -> int:
    statement = _on(wanted.on, (func.count().label("n"),), is_past=wanted.is_past)
    found = await connection.scalar(
        statement.where(within(scope), *await _filters(connection, wanted))
    )
    return int(found or 0)


def facility_out(row: Mapping[str, Any]) -> FacilityOut:
    fields = {name: row[name] for name in FacilityOut.model_fields if name in row}
    ends = row["licence_to"]
    return FacilityOut(**fields, licence_last_day=ends - timedelta(days=1) if ends else None)


def _on(day: date, columns: Sequence[ColumnElement[Any]], *, is_past: bool) -> Select[Any]:
    """Every facility beside its standing and its place of a day."""
    holds = and_(
        _standing.c.facility_id == facility.c.id,
        _standing.c.from_on <= day,
        or_(_standing.c.to_on.is_(None), _standing.c.to_on > day),
    )
    home: FromClause = facility.outerjoin(_standing, holds)
    place_id: ColumnElement[Any] = facility.c.admin_unit_id
    if is_past:
        past = _location_on(day)
        home = home.outerjoin(past, true())
        place_id = func.coalesce(past.c.admin_unit_id, facility.c.admin_unit_id)
    return select(*columns).select_from(home.join(_place, _place.c.id == place_id))


def _location_on(day: date) -> FromClause:
    return (
        select(facility_location.c.admin_unit_id)
        .where(
            facility_location.c.facility_id == facility.c.id,
            facility_location.c.valid_from <= day,
            or_(facility_location.c.valid_to.is_(None), facility_location.c.valid_to > day),
        )
        .order_by(facility_location.c.valid_from.desc())
        .limit(1)
        .lateral("past")
    )


def _comes_after(order: Order, after: tuple[str, str]) -> ColumnElement[bool]:
    if order is Order.CODE:
        return facility.c.code > after[1]
    return tuple_(facility.c.sort_key, facility.c.code) > tuple_(literal(after[0]), after[1])


async def _filters(connection: AsyncConnection, wanted: Wanted) -> list[ColumnElement[bool]]:
    filters = [*_there(wanted), *await _named(connection, wanted)]
    if wanted.status is not None:
        filters.append(_status == wanted.status)
    if wanted.licence is not None:
        filters.append(_licensed(wanted.licence, wanted.on))
    if wanted.ownership is not None:
        filters.append(facility.c.ownership == wanted.ownership)
    if wanted.type is not None:
        filters.append(facility.c.type == wanted.type)
    if wanted.admin_unit is not None:
        filters.append(_place.c.id.in_(_with_all_below(wanted.admin_unit)))
    return filters


def _there(wanted: Wanted) -> list[ColumnElement[bool]]:
    """On a day of the past: on record by then, or known to have been there."""
    if not wanted.is_past:
        return [] if wanted.with_retired else [facility.c.retired_at.is_(None)]
    begins = midnight(wanted.on, COUNTRY_TIME_ZONE)
    ends = midnight(wanted.on + timedelta(days=1), COUNTRY_TIME_ZONE)
    had = facility_standing.alias("had")
    was_there = or_(
        facility.c.registered_at < ends,
        exists().where(had.c.facility_id == facility.c.id, had.c.from_on <= wanted.on),
    )
    if wanted.with_retired:
        return [was_there]
    return [was_there, or_(facility.c.retired_at.is_(None), facility.c.retired_at >= begins)]


def _licensed(wanted: LicenceFilter, on: date) -> ColumnElement[bool]:
    if wanted is LicenceFilter.EXPIRING:
        soon = on + timedelta(days=LONGEST_DAYS)
        return and_(_licence == LicenceState.VALID, _standing.c.licence_to <= soon)
    return _licence == wanted.value


async def _named(connection: AsyncConnection, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Every word begins one of its name, its code or its commune's name."""
    words = words_in(wanted.words)
    if not words:
        return [literal(value=False)] if wanted.words.strip() else []
    names = (await connection.execute(select(admin_unit.c.id, admin_unit.c.name))).all()
    return [
        or_(
            facility.c.search.op("@@")(cast(f"'{word}':*", TSQUERY)),
            facility.c.admin_unit_id
            == any_(literal([id_ for id_, name in names if begin_words(word, name)], _IDS)),
        )
        for word in words
    ]


_IDS: Final = ARRAY(BIGINT)


def _with_all_below(code: str) -> Select[Any]:
    below = select(admin_unit.c.id).where(admin_unit.c.code == code).cte("below", recursive=True)
    child = admin_unit.alias("child")
    below = below.union(select(child.c.id).where(child.c.parent_id == below.c.id))
    return select(below.c.id)
