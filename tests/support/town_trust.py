"""What shows in the small province how far its devices can be trusted: proofs, clocks, hints."""

# ruff: noqa: S608 - fixed statements, put together from fixed parts
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.support.town_time import NOW, ago

#: RFC 8032, section 7.1, tests 1 and 3.
KEYS = (
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
)
#: Facility and device.
PROVEN = ("HOA-MAI", "sinh-hoat-cam-1")
SIGNING = (PROVEN, ("TT-QN", "sinh-hoat-cam-1"), ("TT-QN", "sinh-hoat-cam-2"))
CLOCKS = (
    ("HY-VONG", "sinh-hoat-cua", "ahead", 45_000),
    ("HY-VONG", "phong-ngu-cam-2", "drifting", -700),
    ("HY-VONG", "phong-ngu-cua", "right", 120),
)
HINTS = (
    ("BTXH-KT", "sinh-hoat-cua", "bridge_offline", True),
    ("BTXH-KT", "phong-ngu-cam-2", "recording_off", True),
    ("BTXH-KT", "phong-ngu-cam-1", "storage_failure", False),
)
EVENTS = (
    ("HOA-SEN", "sinh-hoat-cam-2", "clone", 14, 3.0, 1.7),
    ("HOA-SEN", "phong-ngu-cua", "wrong_signature", 2, 20.0, 19.5),
)
_DEVICE = (
    "(SELECT d.id FROM device d JOIN facility f ON f.id = d.facility_id "
    "WHERE f.code = :facility AND d.code = :device)"
)


async def tell(connection: AsyncConnection) -> None:
    await _proofs(connection)
    for facility, device, state, offset_ms in CLOCKS:
        await _run(
            connection,
            "INSERT INTO device_clock (device_id, state, offset_ms, since, measured_at) "
            f"VALUES ({_DEVICE}, :state, :offset_ms, :since, :now)",
            facility=facility, device=device, state=state, offset_ms=offset_ms, since=ago(5),
            now=NOW,
        )  # fmt: skip
    for facility, device, condition, holds in HINTS:
        await _run(
            connection,
            "INSERT INTO device_condition (device_id, condition, holds, since, changed_at) "
            f"VALUES ({_DEVICE}, :condition, :holds, :since, :since)",
            facility=facility, device=device, condition=condition, holds=holds, since=ago(0.4),
        )  # fmt: skip
        if condition == "bridge_offline":
            await _run(
                connection,
                f"UPDATE device_latest SET at = :at WHERE device_id = {_DEVICE}",
                facility=facility, device=device, at=ago(0.4) - timedelta(seconds=9),
            )  # fmt: skip
    for facility, device, kind, count, first, last in EVENTS:
        await _run(
            connection,
            "INSERT INTO security_event (device_id, day, kind, count, first_at, last_at) "
            f"VALUES ({_DEVICE}, '2026-11-23', :kind, :count, :first, :last)",
            facility=facility, device=device, kind=kind, count=count, first=ago(first),
            last=ago(last),
        )  # fmt: skip


async def _proofs(connection: AsyncConnection) -> None:
    await _run(
        connection, "UPDATE facility SET requires_signature = true WHERE code = :code", code="TT-QN"
    )
    for number, (facility, device) in enumerate(SIGNING):
        await _run(
            connection,
            "INSERT INTO device_key (device_id, public_key, created_at) "
            f"VALUES ({_DEVICE}, decode(:key, 'hex'), :at)",
            facility=facility, device=device, key=KEYS[number % 2], at=ago(400),
        )  # fmt: skip
    await _run(
        connection,
        "UPDATE device_day SET proven = watched * tstzmultirange(tstzrange(:start, :end)) "
        f"WHERE device_id = {_DEVICE}",
        facility=PROVEN[0], device=PROVEN[1], start=ago(10.2), end=NOW,
    )  # fmt: skip


async def _run(connection: AsyncConnection, statement: str, **values: object) -> None:
    await connection.execute(text(statement), values)
