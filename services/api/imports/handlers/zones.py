"""Sheets of zones."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.api.imports import columns as cells
from services.api.imports.columns import CellFault, Column, Fault, Understood
from services.api.imports.handlers import places, queries
from services.api.imports.handlers.queries import There
from services.api.imports.handling import (
    Bench,
    RowRefusedError,
    changed,
    faulty,
    gone,
    kept,
    sound,
)
from services.api.imports.queries import Row, Settled
from services.api.problems import MissingError
from services.api.zones import queries as registry
from services.api.zones.requirements import queries as requirements
from services.api.zones.requirements.queries import Change
from services.api.zones.requirements.schemas import RequirementIn
from services.api.zones.schemas import ZoneIn
from shared.domain import bulk
from shared.domain.access import Action
from shared.domain.bulk import Kind, RowState, Verdict
from shared.domain.deeds import Deed, Subject
from shared.domain.places import PRIVACY_ZONES, zone_kind
from shared.i18n import marked

COLUMNS: Final = (
    Column("facility", marked("Facility"), marked("Code of a facility on record."),
           is_required=True, also=("mã cơ sở", "cơ sở"), example="mai-am-hoa-sen"),
    Column("code", marked("Code"), marked("Letters, digits, dot, hyphen; no spaces"),
           is_required=True, also=("mã", "mã khu vực"), example="sinh-hoat"),
    Column("name", marked("Name"), marked("At most 200 letters."),
           also=("tên", "tên khu vực"), example="Phòng sinh hoạt"),
    Column("kind", marked("Kind"), marked("Such as play_room, corridor, dormitory, bathroom."),
           zone_kind, is_required=True, also=("loại", "loại khu vực"), example="play_room"),
    Column("min_devices", marked("Devices that must watch at once"), marked("A whole number."),
           cells.whole, also=("số thiết bị",), example="1"),
    Column("max_gap_s", marked("Longest tolerated gap, seconds"),
           marked("Seconds, from 1 to 86400."), cells.number, also=("gián đoạn tối đa",),
           example="60"),
)  # fmt: skip
_REQUIRED: Final = frozenset({"min_devices", "max_gap_s"})


class Zones:
    """Adds what is new, changes what is there; cells left empty change nothing."""

    kind = Kind.ZONES
    columns = COLUMNS
    needs = Action.MANAGE_DEVICES

    def key(self, given: Mapping[str, str]) -> str:
        return places.key(given)

    def deed(self, row: Row) -> Deed:
        return places.deed(row, Subject.ZONE)

    async def check(self, bench: Bench, rows: Sequence[Row]) -> Sequence[Settled]:
        homes = await places.facilities(bench, rows)
        ids = [home.id for home in homes.values()]
        there = await queries.zones(bench.connection, ids)
        zone_ids = [one.id for one in there.values()]
        filmed = await queries.cameras_in(bench.connection, zone_ids)
        return [self._checked(bench, row, homes, there, filmed) for row in rows]

    def _checked(
        self,
        bench: Bench,
        row: Row,
        homes: Mapping[str, There],
        there: Mapping[tuple[int, str], There],
        filmed: frozenset[int],
    ) -> Settled:
        read = _read(row)
        home = homes.get(row.given.get("facility", ""))
        read.faults += places.not_theirs(bench, row, home)
        if read.faults or home is None:
            return faulty(read.faults)
        zone = there.get((home.id, row.given["code"]))
        if zone is None:
            return sound(Verdict.CREATE)
        if zone.retired_at is not None:
            return faulty([Fault("code", CellFault.CODE_RETIRED, row.given["code"])])
        if read.values["kind"] in PRIVACY_ZONES and zone.id in filmed:
            return faulty([Fault("kind", CellFault.PRIVACY_ZONE, row.given["kind"])])
        return sound(bulk.verdict(zone.values, _fields(read.values)))

    async def apply(self, bench: Bench, row: Row) -> Settled:
        read = _read(row)
        if read.faults:
            raise RowRefusedError(read.faults[0])
        facility = await places.locked(bench, row)
        zone = await self._there(bench, facility.id, row)
        given = _zone(read.values)
        if zone is None:
            await registry.add(bench.connection, facility.id, given, now=bench.now)
            made = await self._there(bench, facility.id, row)
            if made is None:
                raise MissingError("zone")
            after = {"id": made.id, "version": made.version}
            return Settled(RowState.DONE, Verdict.CREATE, after=after)
        return await self._changed(bench, zone, read.values)

    async def _changed(self, bench: Bench, zone: There, values: Mapping[str, Any]) -> Settled:
        if zone.retired_at is not None:
            raise RowRefusedError(Fault("code", CellFault.CODE_RETIRED))
        after = bulk.changes(zone.values, _fields(values))
        if after:
            await self._write(bench, zone, after)
        return changed(zone.values, after)

    async def _write(self, bench: Bench, zone: There, fields: Mapping[str, Any]) -> None:
        """A private zone holds no camera, whoever asks, and by whatever way."""
        becomes_private = fields.get("kind") in PRIVACY_ZONES
        if becomes_private and await registry.has_cameras(bench.connection, zone.id):
            raise RowRefusedError(Fault("kind", CellFault.PRIVACY_ZONE, str(fields["kind"])))
        own = {name: value for name, value in fields.items() if name not in _REQUIRED}
        await registry.change(bench.connection, zone.id, own)
        if set(fields) & _REQUIRED:
            asked = {name: fields[name] for name in _REQUIRED if name in fields}
            before = await requirements.at(bench.connection, zone.id, bench.now)
            wanted = (before or RequirementIn()).model_copy(update=asked)
            await requirements.require(bench.connection, zone.id, wanted, Change(bench.now))

    async def undo(self, bench: Bench, row: Row) -> Settled:
        facility = await places.locked(bench, row)
        zone = await self._there(bench, facility.id, row)
        if zone is None or zone.retired_at is not None:
            return gone(row)
        if row.verdict is Verdict.CREATE:
            is_used = await queries.count_devices(bench.connection, zone.id) > 0
            if is_used or zone.version != (row.after or {}).get("version"):
                return kept()
            await registry.retire(bench.connection, zone.id, now=bench.now)
            return Settled(RowState.UNDONE)
        back = bulk.put_back(row.before or {}, row.after or {}, zone.values)
        if back is None:
            return kept()
        await self._write(bench, zone, back)
        return Settled(RowState.UNDONE)

    async def _there(self, bench: Bench, facility_id: int, row: Row) -> There | None:
        there = await queries.zones(bench.connection, [facility_id])
        return there.get((facility_id, row.given["code"]))


def _read(row: Row) -> Understood:
    return places.read(COLUMNS, row, _zone)


def _zone(values: Mapping[str, Any]) -> ZoneIn:
    asked = {name: values[name] for name in _REQUIRED if name in values}
    return ZoneIn(
        code=values["code"],
        name=values.get("name"),
        kind=values["kind"],
        requirement=RequirementIn(**asked),
    )


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in {"facility", "code"}}
