"""The world of a scenario in a running system: a province of its own, made through the API."""

from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

from services.api.sessions.passwords import hashed
from tests.scenarios.language import Facility, Scenario, Zone
from tests.scenarios.live_device import LiveDevice
from tests.support.system import Api

PASSWORD: Final = "mat-khau-cho-kich-ban"
#: The ladder of scenarios, in seconds that leave room for ten of waiting and for taking it up.
LADDER: Final = (("FACILITY_MANAGER", 0), ("COMMUNE_CPO", 18), ("DEPT_OFFICER", 21))
#: What scenarios call a minute.
TOLERATED_S: Final = 5
#: Until everybody is heard.
ANY_HOLE_S: Final = 3600


@dataclass
class LiveTown:
    """`key` makes all names in it its own."""

    api: Api
    link: "asyncpg.Connection[Any]"
    key: str
    devices: dict[str, LiveDevice] = field(default_factory=dict)
    communes: dict[str, int] = field(default_factory=dict)
    zones: list[str] = field(default_factory=list)
    facilities: list[str] = field(default_factory=list)
    province_id: int = 0

    def code(self, facility: str) -> str:
        return f"{facility}-{self.key}"

    def address(self, person: str) -> str:
        """`manager.A`, `officer.BaGia`, `department`."""
        return f"{person}@{self.key}.example.org".lower()

    async def build(self, scenario: Scenario) -> None:
        self.province_id = await self._unit("province", f"P-{self.key}", None)
        await self._ladder()
        await self._person("department", "DEPT_OFFICER", unit=self.province_id)
        for place in scenario.facilities:
            await self._facility(place)

    async def require(self, scenario: Scenario) -> None:
        """From now on everybody has to watch; they do already."""
        for place in scenario.facilities:
            for zone in place.zones:
                answer = await self.api.client.patch(
                    f"facilities/{self.code(place.code)}/zones/{zone.code}",
                    json={"requirement": {"max_gap_s": TOLERATED_S * zone.max_gap_s / 60}},
                )
                assert answer.is_success, answer.text

    async def leave(self) -> None:
        """Nothing is required of anybody afterwards."""
        for name in self.devices:
            facility, _, code = name.partition("/")
            await self._delete(f"facilities/{self.code(facility)}/devices/{code}")
        for path in [*self.zones, *self.facilities]:
            await self._delete(path)

    async def _delete(self, path: str) -> None:
        answer = await self.api.client.delete(path)
        assert answer.is_success, f"DELETE {path}: {answer.text}"

    # -- by the database: whom the demo does not know ---------------------------------------

    async def _unit(self, level: str, code: str, parent_id: int | None) -> int:
        return int(
            await self.link.fetchval(
                "INSERT INTO admin_unit (code, name, level, kind, parent_id, valid_from) "
                "VALUES ($1, $1, $2, $2, $3, '2025-07-01') RETURNING id",
                code,
                level,
                parent_id,
            )
        )

    async def _ladder(self) -> None:
        ladder_id = await self.link.fetchval(
            "INSERT INTO ladder (name, admin_unit_id, valid_from) VALUES ($1, $2, now()) "
            "RETURNING id",
            self.key,
            self.province_id,
        )
        for step, (role, after_s) in enumerate(LADDER, start=1):
            await self.link.execute(
                "INSERT INTO ladder_step (ladder_id, step, role, after_s, valid_from) "
                "VALUES ($1, $2, $3, $4, now())",
                ladder_id, step, role, after_s,
            )  # fmt: skip

    async def _person(
        self, name: str, role: str, *, unit: int | None = None, facility: str | None = None
    ) -> None:
        await self.link.execute(
            "WITH person AS (INSERT INTO user_account (email, name, language, password_hash, "
            "created_at) VALUES ($1, 'x', 'vi', $2, now()) RETURNING id) "
            "INSERT INTO role_assignment (user_id, role, admin_unit_id, facility_id, valid_from) "
            "SELECT id, $3, $4, (SELECT id FROM facility WHERE code = $5), now() FROM person",
            self.address(name), hashed(PASSWORD), role, unit, facility,
        )  # fmt: skip

    # -- by the API: as anybody would -------------------------------------------------------

    async def _facility(self, place: Facility) -> None:
        commune = f"C-{place.commune}-{self.key}"
        if place.commune not in self.communes:
            unit = self.communes[place.commune] = await self._unit(
                "commune", commune, self.province_id
            )
            await self._person(f"officer.{place.commune}", "COMMUNE_CPO", unit=unit)
        code = self.code(place.code)
        await self.api.post("facilities", {"code": code, "name": code, "admin_unit": commune})
        self.facilities.append(f"facilities/{code}")
        await self._person(f"manager.{place.code}", "FACILITY_MANAGER", facility=code)
        for gateway in sorted({zone.gateway for zone in place.zones if zone.gateway}):
            await self._device(place.code, gateway, {"kind": "gateway"})
        for zone in place.zones:
            await self._zone(place.code, zone)

    async def _zone(self, facility: str, zone: Zone) -> None:
        code = self.code(facility)
        requirement = {"min_devices": zone.min_devices, "max_gap_s": ANY_HOLE_S}
        await self.api.post(
            f"facilities/{code}/zones",
            {"code": zone.code, "kind": zone.kind, "requirement": requirement},
        )
        self.zones.append(f"facilities/{code}/zones/{zone.code}")
        for device in zone.devices:
            what = {"kind": zone.device_kind, "zone": zone.code, "gateway": zone.gateway}
            await self._device(facility, device, what)

    async def _device(self, facility: str, device: str, what: dict[str, Any]) -> None:
        code = self.code(facility)
        made = await self.api.post(
            f"facilities/{code}/devices", {"code": device, "interval_s": 1, **what}
        )
        self.devices[f"{facility}/{device}"] = LiveDevice(device, made["mqtt"])
        # How cameras are approved is told elsewhere.
        await self.link.execute(
            "UPDATE device SET approved_at = device.registered_at FROM facility f "
            "WHERE f.id = facility_id AND f.code = $1 AND device.code = $2 "
            "AND device.kind = 'camera'",
            code,
            device,
        )
