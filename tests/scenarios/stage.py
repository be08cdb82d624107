"""Plays a scenario on the real tick and a real database, in simulated time."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text

from shared.db.session import unit_of_work
from shared.db.tables import registry
from tests.scenarios import happenings
from tests.scenarios.language import Facility, Scenario, clock
from tests.support.alerting import START, ZONE, World

#: Ticks of a scenario: close together while something has just happened.
COARSE_S: Final = 30
SETTLED_AFTER_S: Final = 240

_ROLES: Final = {
    "manager": "FACILITY_MANAGER",
    "officer": "COMMUNE_CPO",
    "department": "DEPT_OFFICER",
    "admin": "SYS_ADMIN",
}


@dataclass
class Stage:
    """What stands where, who is there, and what is on at the moment."""

    world: World
    devices: dict[str, int] = field(default_factory=dict)
    facilities: dict[str, int] = field(default_factory=dict)
    zones: dict[str, int] = field(default_factory=dict)
    communes: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    on: dict[str, str] = field(default_factory=dict)
    now_s: float = 0
    broker_since: float | None = None
    is_ticking: bool = True
    #: Whose mail comes back, and whether any goes out.
    deaf: set[str] = field(default_factory=set)
    has_mail: bool = True

    # -- the world ------------------------------------------------------------------------

    async def build(self, scenario: Scenario) -> None:
        for place in scenario.facilities:
            await self._facility(place)
        world = self.world
        for commune, unit_id in self.communes.items():
            await self._person(f"officer.{commune}", admin_unit_id=unit_id)
        await self._person("department", admin_unit_id=world.province_id)
        await self._person("admin")

    async def _facility(self, place: Facility) -> None:
        world = self.world
        if place.commune not in self.communes:
            self.communes[place.commune] = await world.add(
                registry.admin_unit, code=f"C{len(self.communes)}", name=f"xã {place.commune}",
                level="commune", kind="commune", parent_id=world.province_id,
                valid_from=START.date() - timedelta(days=500),
            )  # fmt: skip
        facility_id = await world.add(
            registry.facility, code=place.code, name=f"Mái ấm {place.code}", ownership="public",
            admin_unit_id=self.communes[place.commune], time_zone=ZONE, children=30,
            registered_at=START,
        )  # fmt: skip
        self.facilities[place.code] = facility_id
        await self._person(f"manager.{place.code}", facility_id=facility_id)
        gateways = {zone.gateway for zone in place.zones if zone.gateway}
        for code in sorted(gateways):
            await self._device(place.code, None, code, kind="gateway")
        for zone in place.zones:
            zone_id = await world.zone(
                facility_id, zone.code, min_devices=zone.min_devices, max_gap_s=zone.max_gap_s
            )
            self.zones[f"{place.code}/{zone.code}"] = zone_id
            await self.sql(
                "UPDATE zone SET kind = :kind WHERE id = :id", kind=zone.kind, id=zone_id
            )
            for code in zone.devices:
                await self._device(
                    place.code, zone_id, code, kind=zone.device_kind, gateway=zone.gateway
                )

    async def _device(
        self, facility: str, zone_id: int | None, code: str, *, kind: str,
        gateway: str | None = None,
    ) -> None:  # fmt: skip
        name = f"{facility}/{code}"
        self.devices[name] = await self.world.device(
            self.facilities[facility], zone_id, code, kind=kind
        )
        self.on[name] = "watched"
        if gateway is not None:
            await self.sql(
                "UPDATE device SET gateway_id = :gateway WHERE id = :id",
                gateway=self.devices[f"{facility}/{gateway}"],
                id=self.devices[name],
            )

    async def _person(
        self, name: str, *, facility_id: int | None = None, admin_unit_id: int | None = None
    ) -> None:
        self.people[name] = await self.world.user(
            _ROLES[name.partition(".")[0]],
            email=f"{name}@example.org",
            facility_id=facility_id,
            admin_unit_id=admin_unit_id,
        )

    async def sql(self, statement: str, **values: Any) -> None:
        async with unit_of_work(self.world.owner) as connection:
            await connection.execute(text(statement), values)

    # -- time -----------------------------------------------------------------------------

    async def play(self, scenario: Scenario) -> None:
        await self.build(scenario)
        left = list(scenario.steps)
        touched_s = 0.0
        while self.now_s < scenario.end_s:
            while left and left[0].at_s <= self.now_s:
                await happenings.happen(self, left.pop(0))
                touched_s = self.now_s
            is_fresh = self.now_s - touched_s < SETTLED_AFTER_S
            step_s = happenings.FINE_S if is_fresh else COARSE_S
            upcoming = left[0].at_s if left else scenario.end_s
            await self.pass_to(min(self.now_s + step_s, upcoming))

    async def pass_to(self, until_s: float) -> None:
        """Whoever watches attests; then it is known; then it is judged."""
        since_s, self.now_s = self.now_s, until_s
        if self.broker_since is None:
            await self._attest(since_s, until_s)
            await self.world.know_until(until_s)
        if self.is_ticking:
            await self.world.tick(until_s)
            await self._deliver()

    async def _deliver(self) -> None:
        """Everything arrives at once; what delivery does is tested where it is done."""
        if not self.has_mail:
            return
        deaf = [f"{name}@example.org" for name in self.deaf]
        await self.sql(
            "UPDATE notification SET state = 'dead', dead_at = created_at "
            "WHERE state = 'pending' AND address = ANY(:deaf)",
            deaf=deaf,
        )
        await self.sql(
            "UPDATE notification SET state = 'sent', sent_at = created_at WHERE state = 'pending'"
        )

    async def _attest(self, since_s: float, until_s: float) -> None:
        for kind in ("watched", "impaired"):
            heard = [self.devices[name] for name, state in self.on.items() if state == kind]
            if heard:
                await self.world.attest_all(heard, since_s, until_s, kind=kind)

    def named(self, who: str) -> list[str]:
        """`*`, a facility, or a device; behind a minus, a device that is left out."""
        wanted, _, without = who.partition("-")
        found = [
            name
            for name in self.devices
            if wanted in ("*", name, name.partition("/")[0]) and (not without or name != without)
        ]
        assert found, f"there is no {who}"
        return found

    # -- what followed --------------------------------------------------------------------

    async def incidents(self) -> list[str]:
        """One line each, by when they were opened."""
        found = await self.world.rows(
            """
            SELECT coalesce(f.code, u.name, 'giamsat') AS place, i.cause, i.state, i.since_at,
                   (SELECT max(g.to_at) FROM gap g WHERE g.incident_id = i.id) AS over_at,
                   i.resolved_at, parent.id AS parent_id
            FROM incident i
            LEFT JOIN facility f ON f.id = i.facility_id
            LEFT JOIN admin_unit u ON u.id = i.admin_unit_id
            LEFT JOIN incident parent ON parent.id = i.parent_id
            ORDER BY i.id
            """
        )
        return [self._incident(row) for row in found]

    def _incident(self, row: Any) -> str:
        ended_at = row.over_at or row.resolved_at
        is_over = row.state == "resolved" and ended_at is not None
        until = clock((ended_at - START).total_seconds()) if is_over else ""
        since = clock((row.since_at - START).total_seconds())
        within = " within" if row.parent_id else ""
        return f"{row.place.removeprefix('xã ')} {row.cause} {since}-{until} {row.state}{within}"

    async def messages(self) -> list[str]:
        found = await self.world.rows(
            "SELECT created_at, kind, address FROM notification WHERE state <> 'cancelled' "
            "ORDER BY created_at, id"
        )
        return [
            f"{clock((row.created_at - START).total_seconds())} {row.kind} "
            f"{row.address.split('@')[0]}"
            for row in found
        ]
