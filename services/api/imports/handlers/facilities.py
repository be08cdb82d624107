"""Sheets of facilities."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from services.api.console import words
from services.api.facilities import queries as registry
from services.api.facilities import registering
from services.api.facilities.schemas import FacilityIn
from services.api.imports import columns as cells
from services.api.imports.columns import CellFault, Column, Fault, Understood, understood
from services.api.imports.handlers import queries
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
from services.api.licences import words as law
from services.api.units.placing import queries as placing
from services.api.units.placing.queries import Warrant
from shared.domain import bulk
from shared.domain.access import Action
from shared.domain.bulk import Kind, RowState, Verdict
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.jurisdiction import Move
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.i18n import marked

_UNIT_HINT: Final = marked("Code of the commune, or its name if only one bears it.")


COLUMNS: Final = (
    Column("code", marked("Code"), marked("Letters, digits, dot, hyphen; no spaces"),
           is_required=True, also=("mã", "mã cơ sở"), example="mai-am-hoa-sen"),
    Column("name", marked("Name"), marked("At most 200 letters."), is_required=True,
           also=("tên", "tên cơ sở"), example="Mái ấm Hoa Sen"),
    Column("ownership", marked("Ownership"), marked("public or non-public"),
           cells.choice(cells.spoken(words.OWNERSHIP)), also=("sở hữu", "loại hình sở hữu"),
           example="non_public"),
    Column("type", marked("Type of facility"), marked("One of the seven types of the law."),
           cells.choice(cells.spoken(law.TYPES)), also=("loại hình", "loại cơ sở"),
           example="children"),
    Column("cares_for_children", marked("Cares for children"), marked("yes or no"),
           cells.yes_or_no, also=("chăm sóc trẻ em",), example="yes"),
    Column("admin_unit", marked("Commune"), _UNIT_HINT, also=("xã", "mã xã", "xã phường"),
           example="79001"),
    Column("address", marked("Address"), marked("House, street, village; at most 300 letters."),
           also=("địa chỉ",), example="12 Trần Phú"),
    Column("capacity", marked("Capacity"), marked("A whole number."), cells.whole,
           also=("sức chứa", "quy mô"), example="60"),
    Column("children", marked("Children"), marked("A whole number."), cells.whole,
           also=("số trẻ", "số trẻ em"), example="42"),
    Column("latitude", marked("Latitude"), marked("Degrees, such as 14.35"), cells.number,
           also=("vĩ độ",), example="14.3501"),
    Column("longitude", marked("Longitude"), marked("Degrees, such as 108.00"), cells.number,
           also=("kinh độ",), example="108.0005"),
)  # fmt: skip


class Facilities:
    """Registers what is new, changes what is there; cells left empty change nothing."""

    kind = Kind.FACILITIES
    columns = COLUMNS
    needs = Action.REGISTER_FACILITY

    def key(self, given: Mapping[str, str]) -> str:
        return given.get("code", "")

    def deed(self, row: Row) -> Deed:
        verb = Verb.CREATE if row.verdict is Verdict.CREATE else Verb.CHANGE
        return Deed(verb, Subject.FACILITY, row.key, row.key)

    async def check(self, bench: Bench, rows: Sequence[Row]) -> Sequence[Settled]:
        keys = [row.key for row in rows]
        scope = bench.caller.scope(Action.SEE)
        there = await queries.facilities(bench.connection, keys, scope)
        undone = await queries.was_undone(bench.connection, self.kind, keys)
        units = await _units(bench)
        return [self._checked(bench, row, there.get(row.key), units, undone) for row in rows]

    def _checked(
        self,
        bench: Bench,
        row: Row,
        there: There | None,
        units: Mapping[str, Sequence[int]],
        undone: frozenset[str],
    ) -> Settled:
        read = _read(row, units)
        if there is not None and there.retired_at is not None:
            there = None
            if row.key not in undone:
                read.faults.append(Fault("code", CellFault.CODE_RETIRED, row.key))
        if not read.faults:
            read.faults += _not_allowed(bench, there, read.values)
        if read.faults:
            return faulty(read.faults)
        wanted = {name: value for name, value in read.values.items() if name != "admin_unit"}
        if there is None:
            return sound(Verdict.CREATE)
        moves = "admin_unit" in read.values and read.values["admin_unit"] != there.admin_unit_id
        changes = moves or bulk.changes(there.values, wanted)
        return sound(Verdict.CHANGE if changes else Verdict.UNCHANGED)

    async def apply(self, bench: Bench, row: Row) -> Settled:
        scope = bench.caller.scope(Action.SEE)
        there = (await queries.facilities(bench.connection, [row.key], scope)).get(row.key)
        read = _read(row, await _units(bench))
        if read.faults:
            raise RowRefusedError(read.faults[0])
        if there is None:
            return await self._made(bench, read.values)
        refused = _not_allowed(bench, there, read.values)
        if refused:
            raise RowRefusedError(refused[0])
        if there.retired_at is not None:
            return await self._revived(bench, row, there, read.values)
        return await self._changed(bench, there, read.values)

    async def _made(self, bench: Bench, values: dict[str, Any]) -> Settled:
        unit_id = values.pop("admin_unit", None)
        code = await queries.code_of_unit(bench.connection, unit_id) if unit_id else None
        given = FacilityIn(**values, admin_unit=code)
        made = await registering.add(
            bench.connection, bench.caller, given, Action.REGISTER_FACILITY, now=bench.now
        )
        version = await queries.version(bench.connection, self.kind, made)
        return Settled(RowState.DONE, Verdict.CREATE, after={"id": made, "version": version})

    async def _revived(
        self, bench: Bench, row: Row, there: There, values: dict[str, Any]
    ) -> Settled:
        undone = await queries.was_undone(bench.connection, self.kind, [row.key])
        if row.key not in undone or not await queries.is_bare(bench.connection, there.id):
            raise RowRefusedError(Fault("code", CellFault.CODE_RETIRED, row.key))
        unit_id = values.pop("admin_unit", None)
        if unit_id is not None and unit_id != there.admin_unit_id:
            await _move(bench, there, unit_id)
            values["admin_unit_id"] = unit_id
        await queries.revive(bench.connection, there.id, values, now=bench.now)
        version = await queries.version(bench.connection, self.kind, there.id)
        return Settled(RowState.DONE, Verdict.CREATE, after={"id": there.id, "version": version})

    async def _changed(self, bench: Bench, there: There, values: dict[str, Any]) -> Settled:
        unit_id = values.pop("admin_unit", None)
        after = bulk.changes(there.values, values)
        if unit_id is not None and unit_id != there.admin_unit_id:
            await _move(bench, there, unit_id)
            after["admin_unit_id"] = unit_id
        if after:
            await registry.change(bench.connection, there.id, after)
        return changed(_whole(there), after)

    async def undo(self, bench: Bench, row: Row) -> Settled:
        scope = bench.caller.scope(Action.SEE)
        there = (await queries.facilities(bench.connection, [row.key], scope)).get(row.key)
        if there is None or not _may(bench, Action.CHANGE_FACILITY, there):
            return kept("not yours any more")
        if there.retired_at is not None:
            return gone(row)
        if row.verdict is Verdict.CREATE:
            return await self._unmade(bench, row, there)
        back = bulk.put_back(row.before or {}, row.after or {}, _whole(there))
        if back is None:
            return kept()
        if "admin_unit_id" in back:
            await _move(bench, there, back["admin_unit_id"])
        await registry.change(bench.connection, there.id, back)
        return Settled(RowState.UNDONE)

    async def _unmade(self, bench: Bench, row: Row, there: There) -> Settled:
        was = (row.after or {}).get("version")
        if there.version != was or not await queries.is_bare(bench.connection, there.id):
            return kept()
        await registry.retire(bench.connection, there.id, now=bench.now)
        return Settled(RowState.UNDONE)


def _read(row: Row, units: Mapping[str, Sequence[int]]) -> Understood:
    """The values of a row; its unit as a number."""
    read = understood(COLUMNS, row.given)
    if (word := read.values.get("admin_unit")) is not None:
        found = units.get(word) or units.get(word.casefold(), ())
        if len(found) == 1:
            read.values["admin_unit"] = found[0]
        else:
            read.faults.append(Fault("admin_unit", CellFault.UNKNOWN_UNIT, word))
    if not read.faults:
        read.faults += _against_schema(read.values)
    return read


def _against_schema(values: Mapping[str, Any]) -> list[Fault]:
    try:
        FacilityIn(**{name: value for name, value in values.items() if name != "admin_unit"})
    except ValidationError as refusal:
        wrong = {str(error["loc"][0]) if error["loc"] else "latitude" for error in refusal.errors()}
        return [
            Fault(name, CellFault.UNREADABLE, str(values.get(name, ""))) for name in sorted(wrong)
        ]
    return []


def _not_allowed(bench: Bench, there: There | None, values: Mapping[str, Any]) -> list[Fault]:
    """Where it lies, and where it is to lie, must be the starter's."""
    unit_id = values.get("admin_unit")
    action = Action.REGISTER_FACILITY if there is None else Action.CHANGE_FACILITY
    scope = bench.caller.scope(action)
    if there is not None and not _may(bench, action, there):
        return [Fault("code", CellFault.NOT_ALLOWED)]
    if unit_id is not None and not scope.covers_unit(unit_id):
        return [Fault("admin_unit", CellFault.NOT_ALLOWED)]
    return []


def _whole(there: There) -> Mapping[str, Any]:
    """Its values, and where it lies."""
    return {**there.values, "admin_unit_id": there.admin_unit_id}


def _may(bench: Bench, action: Action, there: There) -> bool:
    return bench.caller.scope(action).covers(
        facility_id=there.facility_id, admin_unit_id=there.admin_unit_id
    )


async def _units(bench: Bench) -> Mapping[str, Sequence[int]]:
    if "units" not in bench.memo:
        today = local_day(bench.now, COUNTRY_TIME_ZONE)
        bench.memo["units"] = await queries.units(bench.connection, today=today)
    found: Mapping[str, Sequence[int]] = bench.memo["units"]
    return found


async def _move(bench: Bench, there: There, unit_id: int) -> None:
    today = local_day(bench.now, COUNTRY_TIME_ZONE)
    move = Move(there.id, there.admin_unit_id, unit_id, today)
    await placing.move(bench.connection, [move], Warrant(bench.caller.trail.actor, bench.now))
