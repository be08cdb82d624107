"""Puts the cast on record before a run, and retires all that was ever simulated."""

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.cli.simulate import queries
from services.cli.simulate.access import MOST_CLIENTS, username
from services.cli.simulate.cast import PREFIX, Device, Facility, signing_seed
from services.cli.simulate.dialects import PREFIXES, name_of
from services.cli.simulate.options import Options
from services.cli.simulate.queries import OnRecord, Rows, RuleRows
from shared.db.session import reading, unit_of_work
from shared.domain.places import DeviceKind
from shared.runtime.ed25519 import SigningKey
from shared.runtime.errors import GiamsatError

_NAME_OF: Final = re.compile(rf"{PREFIX}(.+)-\d+")
Registered = dict[tuple[str, str], datetime]


class NameTakenError(GiamsatError):
    """Facilities of that name are on record, and they are other ones."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{PREFIX}{name}-… are on record with other devices, or retired. "
            f"Choose another --name, or the options they were made with."
        )


async def register(
    engine: AsyncEngine, cast: Sequence[Facility], options: Options, *, name: str, now: datetime
) -> Registered:
    """When each device was registered; those of an earlier run with the same cast stay."""
    codes = [facility.code for facility in cast]
    devices = [device for facility in cast for device in facility.devices]
    async with unit_of_work(engine) as connection:
        known = await queries.on_record(connection, codes)
        if not known:
            await _add(connection, codes, devices, interval_s=options.interval_s, now=now)
            known = await queries.on_record(connection, codes)
        if not _is_the_same(known, devices, interval_s=options.interval_s):
            raise NameTakenError(name)
        await _add_keys(connection, devices, options.seed, now=now)
        for dialect in PREFIXES:
            rows = _rules([facility for facility in cast if facility.dialect is dialect])
            await queries.add_rules(connection, dialect, rows, now=now)
    return {(one.facility, one.code): one.registered_at for one in known}


async def _add(
    connection: AsyncConnection,
    codes: Sequence[str],
    devices: Sequence[Device],
    *,
    interval_s: float,
    now: datetime,
) -> None:
    rows = Rows([], [], [])
    for device in devices:
        rows.facilities.append(device.facility)
        rows.codes.append(device.code)
        rows.kinds.append(DeviceKind.GATEWAY if device.is_gateway else DeviceKind.CAMERA)
    await queries.ensure_units(connection)
    await queries.add_facilities(connection, codes, registered_at=now)
    await queries.add_devices(connection, rows, interval_s=interval_s, registered_at=now)


async def _add_keys(
    connection: AsyncConnection, devices: Sequence[Device], seed: int, *, now: datetime
) -> None:
    signing = [device for device in devices if device.is_signing]
    await queries.add_keys(
        connection,
        [(device.facility, device.code) for device in signing],
        [signing_key(seed, device).public_key for device in signing],
        now=now,
    )


def _rules(cast: Sequence[Facility]) -> RuleRows:
    rows = RuleRows([], [], [], [], [])
    for facility in cast:
        for voice in facility.voices:
            for device in voice.devices:
                rows.facilities.append(facility.code)
                rows.publishers.append(voice.speaker)
                rows.prefixes.append(PREFIXES[facility.dialect])
                rows.names.append(name_of(facility.dialect, device.code))
                rows.devices.append(device.code)
    return rows


async def remove(engine: AsyncEngine, *, now: datetime) -> tuple[int, list[str]]:
    """Retires every simulated facility; how many there were, and whom the broker may forget."""
    async with reading(engine) as connection:
        codes = await queries.facilities_in_service(connection)
    async with unit_of_work(engine) as connection:
        await queries.retire_all(connection, now=now)
    names = {match[1] for code in codes if (match := _NAME_OF.fullmatch(code))}
    return len(codes), [username(name, n) for name in sorted(names) for n in range(MOST_CLIENTS)]


def signing_key(seed: int, device: Device) -> SigningKey:
    return SigningKey.load(base64.b64encode(signing_seed(seed, device)))


def _is_the_same(
    known: Sequence[OnRecord], devices: Sequence[Device], *, interval_s: float
) -> bool:
    in_service = {
        (one.facility, one.code, one.interval_s) for one in known if one.retired_at is None
    }
    return in_service == {(device.facility, device.code, interval_s) for device in devices}
