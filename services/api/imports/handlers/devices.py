"""Sheets of devices; each comes with a credential that is shown once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from services.api.credentials import queries as credentials
from services.api.credentials.schemas import MqttOut
from services.api.devices import queries as registry
from services.api.devices.registration import register_in
from services.api.devices.schemas import DeviceIn
from services.api.imports import columns as cells
from services.api.imports.columns import CellFault, Column, Fault, Understood
from services.api.imports.handlers import gateways, places, queries
from services.api.imports.handlers.gateways import Gateways
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
from services.api.imports.packs import owner_of
from services.api.imports.queries import Row, Settled
from services.api.problems import MissingError
from shared.contracts import topics
from shared.domain import bulk
from shared.domain.access import Action
from shared.domain.bulk import Kind, RowState, Verdict
from shared.domain.deeds import Deed, Subject
from shared.domain.places import DeviceKind, ZoneKind, device_kind, may_hold
from shared.i18n import marked

COLUMNS: Final = (
    Column("facility", marked("Facility"), marked("Code of a facility on record."),
           is_required=True, also=("mã cơ sở", "cơ sở"), example="mai-am-hoa-sen"),
    Column("code", marked("Code"), marked("Letters, digits, dot, hyphen; no spaces"),
           is_required=True, also=("mã", "mã thiết bị"), example="cam-1"),
    Column("name", marked("Name"), marked("At most 200 letters."),
           also=("tên", "tên thiết bị"), example="Camera 1"),
    Column("kind", marked("Kind"),
           marked("camera, sensor, motion, door, smoke, call_button or gateway"),
           lambda text: DeviceKind(device_kind(text)), is_required=True,
           also=("loại", "loại thiết bị"), example="camera"),
    Column("zone", marked("Zone"), marked("Code of the zone it watches; none for a gateway."),
           also=("khu vực", "mã khu vực"), example="sinh-hoat"),
    Column("gateway", marked("Gateway"),
           marked("Code of the gateway it speaks through; - for none."), gateways.code_of,
           also=("bộ kết nối", "mã bộ kết nối"), example="gw-1"),
    Column("interval_s", marked("Reports every … seconds"), marked("Seconds, from 1 to 3600."),
           cells.number, also=("chu kỳ",), example="30"),
)  # fmt: skip
_CHANGEABLE: Final = frozenset({"name", "interval_s", "gateway"})


class Devices:
    """Registers what is new; of what is there its name, its rhythm and its gateway change."""

    kind = Kind.DEVICES
    columns = COLUMNS
    needs = Action.MANAGE_DEVICES

    def key(self, given: Mapping[str, str]) -> str:
        return places.key(given)

    def deed(self, row: Row) -> Deed:
        return places.deed(row, Subject.DEVICE)

    async def check(self, bench: Bench, rows: Sequence[Row]) -> Sequence[Settled]:
        homes = await places.facilities(bench, rows)
        ids = [home.id for home in homes.values()]
        there = await queries.devices(bench.connection, ids)
        zones = await queries.zones(bench.connection, ids)
        known = _Known(homes, there, zones, await Gateways.of(bench, rows, homes, there))
        return [_checked(bench, row, known) for row in rows]

    async def apply(self, bench: Bench, row: Row) -> Settled:
        read = _read(row)
        if read.faults:
            raise RowRefusedError(read.faults[0])
        facility = await places.locked(bench, row)
        device = await self._there(bench, facility.id, row)
        if device is not None:
            return await self._changed(bench, row, device, read.values)
        made = await register_in(bench.resources, bench.connection, facility, _device(read.values))
        fresh = await self._there(bench, facility.id, row)
        if fresh is None:
            raise MissingError("device")
        return Settled(
            RowState.DONE,
            Verdict.CREATE,
            after={"id": fresh.id, "version": fresh.version},
            sealed=_sealed(bench, row, made.mqtt) if made.mqtt else None,
        )

    async def _changed(
        self, bench: Bench, row: Row, device: There, values: Mapping[str, Any]
    ) -> Settled:
        wrong = _unchangeable(device, row, values)
        if wrong:
            raise RowRefusedError(wrong[0])
        after = bulk.changes(device.values, _fields(values))
        if after:
            found = (device, row.given["code"])
            await gateways.change(bench, device.facility_id, found, after)
        return changed(device.values, after)

    async def undo(self, bench: Bench, row: Row) -> Settled:
        facility = await places.locked(bench, row)
        device = await self._there(bench, facility.id, row)
        if device is None or device.retired_at is not None:
            return gone(row)
        if row.verdict is Verdict.CREATE:
            if device.version != (row.after or {}).get("version"):
                return kept()
            return await self._retired(bench, facility.code, row.given["code"], device)
        back = bulk.put_back(row.before or {}, row.after or {}, device.values)
        if back is None:
            return kept()
        await gateways.change(bench, facility.id, (device, row.given["code"]), back)
        return Settled(RowState.UNDONE)

    async def _retired(self, bench: Bench, facility: str, code: str, device: There) -> Settled:
        held = await credentials.not_ended(bench.connection, device.id)
        names = [topics.username(facility, code), *(one.username for one in held)]
        await bench.resources.broker.revoke(names)
        await registry.retire(bench.connection, device.id, now=bench.now)
        return Settled(RowState.UNDONE)

    async def _there(self, bench: Bench, facility_id: int, row: Row) -> There | None:
        there = await queries.devices(bench.connection, [facility_id])
        return there.get((facility_id, row.given["code"]))


@dataclass(frozen=True, slots=True)
class _Known:
    """What rows are checked against."""

    homes: Mapping[str, There]
    there: Mapping[tuple[int, str], There]
    zones: Mapping[tuple[int, str], There]
    gateways: Gateways


def _checked(bench: Bench, row: Row, known: _Known) -> Settled:
    read = _read(row)
    settled = _judged(bench, row, read, known)
    known.gateways.note(row, settled, read.values)
    return settled


def _judged(bench: Bench, row: Row, read: Understood, known: _Known) -> Settled:
    home = known.homes.get(row.given.get("facility", ""))
    read.faults += places.not_theirs(bench, row, home)
    if read.faults or home is None:
        return faulty(read.faults)
    wrong = known.gateways.wrong(row, read.values)
    device = known.there.get((home.id, row.given["code"]))
    if device is None:
        wrong += _in_zone(read.values, known.zones.get((home.id, row.given.get("zone", ""))))
        return faulty(wrong) if wrong else sound(Verdict.CREATE)
    wrong += _unchangeable(device, row, read.values)
    return faulty(wrong) if wrong else sound(bulk.verdict(device.values, _fields(read.values)))


def _sealed(bench: Bench, row: Row, mqtt: MqttOut) -> bytes:
    pack = msgspec.json.encode(mqtt.model_dump())
    return bench.resources.box.seal(pack, owner=owner_of(row.key))


def _read(row: Row) -> Understood:
    read = places.read(COLUMNS, row, _device)
    is_watching = read.values.get("kind") is not DeviceKind.GATEWAY
    if not read.faults and is_watching and "zone" not in read.values:
        read.faults.append(Fault("zone", CellFault.MISSING))
    return read


def _device(values: Mapping[str, Any]) -> DeviceIn:
    return DeviceIn(**{name: value for name, value in values.items() if name != "facility"})


def _in_zone(values: Mapping[str, Any], zone: There | None) -> list[Fault]:
    if values["kind"] is DeviceKind.GATEWAY:
        return []
    if zone is None or zone.retired_at is not None:
        return [Fault("zone", CellFault.UNKNOWN_ZONE, str(values["zone"]))]
    if not may_hold(ZoneKind(zone.values["kind"]), values["kind"]):
        return [Fault("zone", CellFault.PRIVACY_ZONE, str(values["zone"]))]
    return []


def _unchangeable(device: There, row: Row, values: Mapping[str, Any]) -> list[Fault]:
    if device.retired_at is not None:
        return [Fault("code", CellFault.CODE_RETIRED, row.given["code"])]
    fixed = {name: value for name, value in values.items() if name in {"kind", "zone"}}
    if values["kind"] is DeviceKind.GATEWAY:
        fixed.pop("zone", None)
    return [
        Fault(name, CellFault.CANNOT_CHANGE, row.given[name])
        for name in bulk.changes(device.values, fixed)
    ]


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    speaks = gateways.speaks_through_one(values["kind"])
    wanted = _CHANGEABLE if speaks else _CHANGEABLE - {"gateway"}
    return {name: value for name, value in values.items() if name in wanted}
