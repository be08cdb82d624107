"""What the small province for the tests of alerts needs to tell causes apart."""

from dataclasses import dataclass, field

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import Range

from shared.db.session import unit_of_work
from shared.db.tables import coverage, registry
from shared.domain.schedule import local_day
from tests.support.alerting import START, ZONE, World, after


async def tell_hint(world: World, device_id: int, hint: str, at_s: float) -> None:
    """A device or hub tells of its line or its mains."""
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            insert(coverage.device_condition).values(
                device_id=device_id, condition=hint, holds=True, since=after(at_s),
                changed_at=after(at_s),
            )
        )  # fmt: skip


async def tell_fault(
    world: World, device_id: int, fault: str, start_s: float, end_s: float
) -> None:
    """A camera speaks, and says what is wrong with its picture."""
    await world.attest(device_id, start_s, end_s, kind="impaired")
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            insert(coverage.device_fault).values(
                device_id=device_id, day=local_day(after(start_s), ZONE), fault=fault,
                spans=[Range(after(start_s), after(end_s))],
            )
        )  # fmt: skip


async def speak_through(world: World, gateway_id: int, *device_ids: int) -> None:
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            update(registry.device)
            .where(registry.device.c.id.in_(device_ids))
            .values(gateway_id=gateway_id)
        )


async def count_only(world: World, zone_id: int, *kinds: str) -> None:
    """Only these kinds of devices count there."""
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            update(registry.requirement)
            .where(registry.requirement.c.zone_id == zone_id)
            .values(kinds=list(kinds))
        )


@dataclass
class Home:
    """A facility with rooms of one camera each."""

    facility: int
    zones: list[int] = field(default_factory=list)
    devices: list[int] = field(default_factory=list)


async def home(
    world: World, code: str = "F1", *, rooms: int = 2, max_gap_s: float = 60,
    commune_id: int | None = None,
) -> Home:  # fmt: skip
    facility = await world.facility(code, f"Mái ấm {code}")
    if commune_id is not None:
        async with unit_of_work(world.owner) as connection:
            await connection.execute(
                update(registry.facility)
                .where(registry.facility.c.id == facility)
                .values(admin_unit_id=commune_id)
            )
    made = Home(facility)
    for number in range(rooms):
        zone = await world.zone(facility, f"z{number}", max_gap_s=max_gap_s)
        made.zones.append(zone)
        made.devices.append(await world.device(facility, zone, f"d{number}"))
    return made


async def commune(world: World, code: str) -> int:
    return await world.add(
        registry.admin_unit, code=code, name=f"xã {code}", level="commune", kind="commune",
        parent_id=world.province_id, valid_from=START.date(),
    )  # fmt: skip
