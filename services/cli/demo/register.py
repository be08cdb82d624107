"""Puts the demo's province on record: units, facilities, rooms, devices, people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.units.importing.bringing_in import bring_in
from services.cli.demo import queries
from services.cli.demo.approvals import approve_cameras
from services.cli.demo.history import Speaker
from services.cli.demo.papers import give_papers
from services.cli.demo.province import (
    FACILITIES,
    GATEWAY,
    LAY_BEFORE,
    MAIL_DOMAIN,
    Device,
    Facility,
    Person,
    officers_elsewhere,
    people,
)
from services.cli.demo.queries import Place, RolePlace
from shared.contracts import topics
from shared.data.units import shipped
from shared.domain.access import Scope
from shared.runtime.errors import GiamsatError


class ShippedFaultyError(GiamsatError):
    """What we ship breaks its own rules."""


@dataclass(slots=True)
class Registered:
    """The numbers under which everything was registered."""

    units: dict[str, int] = field(default_factory=dict)
    facilities: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    devices: dict[Speaker, int] = field(default_factory=dict)


async def register(
    connection: AsyncConnection,
    device_passwords: Mapping[str, str],
    password_hashes: Mapping[str, str],
    *,
    now: datetime,
) -> Registered:
    """Everything, from now on."""
    registrar = _Registrar(connection, device_passwords, now)
    await registrar.add_units()
    for place in FACILITIES:
        await registrar.add_facility(place)
    for person in people():
        await registrar.add_person(person, password_hashes[person.email])
    for person in officers_elsewhere(await queries.communes(connection)):
        await registrar.add_person(person, None)
    await approve_cameras(connection, registrar.made.facilities, registrar.made.users, now=now)
    department = registrar.made.users[f"soyte@{MAIL_DOMAIN}"]
    await give_papers(connection, registrar.made.facilities, department, now=now)
    return registrar.made


class _Registrar:
    def __init__(
        self, connection: AsyncConnection, device_passwords: Mapping[str, str], now: datetime
    ) -> None:
        self.made = Registered()
        self._connection = connection
        self._device_passwords = device_passwords
        self._now = now

    async def add_units(self) -> None:
        everywhere = Scope(is_everywhere=True)
        outcome = await bring_in(
            self._connection, shipped(), everywhere, by="system", now=self._now
        )
        if outcome.faults:
            raise ShippedFaultyError(outcome.faults[0].wrong)
        self.made.units = await queries.units(self._connection)

    async def add_facility(self, place: Facility) -> None:
        unit_id = self.made.units[place.unit]
        facility_id = self.made.facilities[place.code] = await queries.add_facility(
            self._connection, place, unit_id=unit_id, registered_at=self._now
        )
        await queries.add_past(
            self._connection,
            facility_id,
            unit_id=unit_id,
            before_id=self.made.units.get(LAY_BEFORE.get(place.code, "")),
            registered_at=self._now,
        )
        await self._add_device(place.code, GATEWAY, Place(facility_id, None))
        for room in place.zones:
            zone_id = await queries.add_zone(
                self._connection, room, facility_id=facility_id, registered_at=self._now
            )
            for thing in room.devices:
                await self._add_device(place.code, thing, Place(facility_id, zone_id))

    async def add_person(self, person: Person, password_hash: str | None) -> None:
        place = RolePlace(
            facility_id=self.made.facilities.get(person.facility or ""),
            unit_id=self.made.units.get(person.unit or ""),
            authority=person.authority,
        )
        self.made.users[person.email] = await queries.add_person(
            self._connection, person, place, password_hash=password_hash, now=self._now
        )

    async def _add_device(self, facility: str, thing: Device, place: Place) -> None:
        device_id = await queries.add_device(
            self._connection, thing, place, registered_at=self._now
        )
        self.made.devices[Speaker(facility, thing.code, thing.is_plain)] = device_id
        username = topics.username(facility, thing.code)
        if (password := self._device_passwords.get(username)) is not None:
            await queries.admit(
                self._connection, device_id, username=username, password=password, now=self._now
            )
