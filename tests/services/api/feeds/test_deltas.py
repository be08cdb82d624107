"""Whoever pulls only what changed, at whatever moments, ends with exactly what is there."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

from services.api.feeds import pulling
from services.api.feeds.agency import Agency as Asker
from services.api.feeds.pulling import Asked
from services.api.resources import Resources
from shared.db.session import unit_of_work
from shared.db.tables.agencies import agency_client
from shared.db.tables.alerting import gap, incident
from shared.db.tables.coverage import ingest_worker
from shared.db.tables.registry import admin_unit, device, facility, requirement, zone
from shared.domain.disclosure import Dataset
from shared.domain.schedule import local_day, midnight
from tests.services.api.conftest import Clock
from tests.services.api.feeds.conftest import Grant
from tests.support.agency import Agency
from tests.support.people import HOA_BINH, PHUOC_LONG, PROVINCE, Province

ZONE = "Asia/Ho_Chi_Minh"
STEPS = 60


@dataclass
class Copy:
    """What an agency holds of one grant, and where it stands."""

    dataset: Dataset
    grant_id: int
    since: str | None = None
    cursor: str | None = None
    held: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            if line["change"] == "put":
                self.held[line["key"]] = line
            elif line["key"] is not None:
                self.held.pop(line["key"], None)
            else:
                gone = [k for k, row in self.held.items() if row["facility"] == line["facility"]]
                for key in gone:
                    del self.held[key]


@dataclass
class World:
    """Facilities in two communes of ours and one elsewhere; somebody changes them all the time."""

    engine: AsyncEngine
    clock: Clock
    units: list[int]
    random: random.Random
    #: Transactions that have written, and not yet ended.
    open: list[tuple[AsyncConnection, AsyncTransaction]] = field(default_factory=list)
    numbers: int = 0

    def next(self) -> int:
        self.numbers += 1
        return self.numbers

    async def pick(self, connection: AsyncConnection, column: Any) -> int | None:
        """One that nobody else is changing just now."""
        found = await connection.scalars(
            select(column).order_by(column).with_for_update(skip_locked=True)
        )
        numbers = list(found)
        return self.random.choice(numbers) if numbers else None

    async def change(self, connection: AsyncConnection) -> None:
        await self.random.choice(CHANGES)(self, connection)


async def add_facility(world: World, connection: AsyncConnection) -> None:
    number = world.next()
    facility_id = await connection.scalar(
        insert(facility)
        .values(
            code=f"F-{number}", name=f"Facility {number}", ownership="public",
            admin_unit_id=world.random.choice(world.units), time_zone=ZONE, children=number,
            registered_at=world.clock.at - timedelta(days=4),
        )
        .returning(facility.c.id)
    )  # fmt: skip
    zone_id = await connection.scalar(
        insert(zone)
        .values(
            facility_id=facility_id, code="z", name="z", kind="bedroom",
            registered_at=world.clock.at - timedelta(days=4),
        )
        .returning(zone.c.id)
    )  # fmt: skip
    await connection.execute(
        insert(requirement).values(
            zone_id=zone_id, min_devices=1, max_gap_s=world.random.choice([60, 7200]),
            valid_from=world.clock.at - timedelta(days=4),
        )
    )  # fmt: skip
    await connection.execute(
        insert(device).values(
            facility_id=facility_id, zone_id=zone_id, code="d", name="d", kind="motion_sensor",
            interval_s=30, registered_at=world.clock.at - timedelta(days=4),
        )
    )  # fmt: skip


async def rename(world: World, connection: AsyncConnection) -> None:
    number = await world.pick(connection, facility.c.id)
    if number is not None:
        named = update(facility).where(facility.c.id == number)
        await connection.execute(named.values(name=f"Renamed {world.next()}"))


async def move(world: World, connection: AsyncConnection) -> None:
    number = await world.pick(connection, facility.c.id)
    if number is not None:
        moved = update(facility).where(facility.c.id == number)
        await connection.execute(moved.values(admin_unit_id=world.random.choice(world.units)))


async def retire(world: World, connection: AsyncConnection) -> None:
    number = await world.pick(connection, facility.c.id)
    if number is not None and world.random.random() < 0.3:
        ended = update(facility).where(facility.c.id == number, facility.c.retired_at.is_(None))
        await connection.execute(ended.values(retired_at=world.clock.at))


async def add_gap(world: World, connection: AsyncConnection) -> None:
    zones = list(await connection.execute(select(zone.c.id, zone.c.facility_id)))
    if zones:
        zone_id, facility_id = world.random.choice(zones)
        await connection.execute(
            insert(gap).values(
                zone_id=zone_id, facility_id=facility_id, state="closed",
                from_at=world.clock.at, to_at=world.clock.at + timedelta(minutes=world.next()),
                opened_at=world.clock.at, closed_at=world.clock.at,
            )
        )  # fmt: skip


async def change_gap(world: World, connection: AsyncConnection) -> None:
    number = await world.pick(connection, gap.c.id)
    if number is not None:
        state = world.random.choice(["closed", "repaired"])
        changed = update(gap).where(gap.c.id == number, gap.c.state == "closed")
        later = world.clock.at + timedelta(minutes=world.next())
        await connection.execute(changed.values(state=state, to_at=later))


async def add_incident(world: World, connection: AsyncConnection) -> None:
    ids = list(await connection.scalars(select(facility.c.id)))
    if ids:
        await connection.execute(
            insert(incident).values(
                facility_id=world.random.choice(ids), cause=f"cause {world.next()}",
                state="open", since_at=world.clock.at, opened_at=world.clock.at,
            )
        )  # fmt: skip


async def resolve(world: World, connection: AsyncConnection) -> None:
    number = await world.pick(connection, incident.c.id)
    if number is not None:
        done = update(incident).where(incident.c.id == number)
        await connection.execute(done.values(state="resolved", resolved_at=world.clock.at))


async def attest(world: World, connection: AsyncConnection) -> None:
    """Evidence of some hours of one of the last days, as ingest writes it."""
    ids = list(await connection.scalars(select(device.c.id)))
    if not ids:
        return
    day = local_day(world.clock.at, ZONE) - timedelta(days=world.random.randint(0, 3))
    start = midnight(day, ZONE) + timedelta(hours=world.random.randint(0, 23))
    await connection.execute(
        text(
            "INSERT INTO device_day AS d (device_id, day, watched, late, impaired, changed_at) "
            "VALUES (:device, :day, tstzmultirange(tstzrange(:start, :end)), '{}', '{}', :start) "
            "ON CONFLICT (device_id, day) DO UPDATE SET watched = d.watched + excluded.watched"
        ),
        {
            "device": world.random.choice(ids),
            "day": day,
            "start": start,
            "end": start + timedelta(minutes=50),
        },
    )


async def go_blind(world: World, connection: AsyncConnection) -> None:
    start = world.clock.at - timedelta(hours=world.random.randint(1, 60))
    end = start + timedelta(minutes=20)
    await connection.execute(
        text(
            "INSERT INTO blind_span (slot, from_at, to_at) VALUES (:slot, :start, :end) "
            "ON CONFLICT DO NOTHING"
        ),
        {"slot": world.next(), "start": start, "end": end},
    )


async def require(world: World, connection: AsyncConnection) -> None:
    number = await world.pick(connection, requirement.c.id)
    if number is not None:
        changed = update(requirement).where(requirement.c.id == number)
        await connection.execute(changed.values(max_gap_s=world.random.choice([60, 600, 7200])))


CHANGES: list[Callable[[World, AsyncConnection], Any]] = [
    add_facility, add_facility, rename, move, move, retire, add_gap, add_gap, change_gap,
    change_gap, add_incident, resolve, attest, attest, attest, go_blind, require,
]  # fmt: skip


async def begin(world: World) -> None:
    """A change whose transaction goes on for a while."""
    if len(world.open) < 3:
        connection = await world.engine.connect()
        world.open.append((connection, await connection.begin()))
        await attempt(world, len(world.open) - 1)


async def at_once(world: World) -> None:
    connection = await world.engine.connect()
    transaction = await connection.begin()
    world.open.append((connection, transaction))
    if await attempt(world, len(world.open) - 1):
        world.open.pop()
        await transaction.commit()
        await connection.close()


async def attempt(world: World, place: int) -> bool:
    """Whoever would have to wait for another gives up."""
    connection, transaction = world.open[place]
    await connection.execute(text("SET LOCAL lock_timeout = 1"))
    try:
        await world.change(connection)
    except DBAPIError:
        del world.open[place]
        await transaction.rollback()
        await connection.close()
        return False
    return True


async def end(world: World) -> None:
    """In whatever order; some are taken back."""
    if world.open:
        chosen = world.random.randrange(len(world.open))
        connection, transaction = world.open.pop(chosen)
        await (transaction.commit() if world.random.random() < 0.8 else transaction.rollback())
        await connection.close()


async def pass_time(world: World) -> None:
    """Up to here, all is known."""
    world.clock.advance(hours=world.random.choice([1, 5, 13]))
    async with unit_of_work(world.engine) as connection:
        await connection.execute(update(ingest_worker).values(seen_until=world.clock.at))


async def page(resources: Resources, asker: Asker, copy: Copy, limit: int, first: date) -> bool:
    """Whether there is more."""
    found = await pulling.pull(
        resources,
        asker,
        Asked(
            copy.dataset, copy.grant_id, cursor=copy.cursor,
            since=None if copy.cursor else copy.since, first_day=first, limit=limit,
        ),
    )  # fmt: skip
    copy.take(list(found.lines))
    copy.cursor = found.next
    copy.since = found.since or copy.since
    return found.next is not None


@pytest.mark.parametrize("seed", range(4))
async def test_deltas_come_to_the_same_as_the_whole(
    seed: int, agency: Agency, grant: Grant, engine: AsyncEngine, clock: Clock,
    province: Province, resources: Resources,
) -> None:  # fmt: skip
    world = await world_of(engine, clock, province, seed)
    asker = Asker(1, agency.code, frozenset(Dataset), is_bound=True, daily_records=10**7)
    first = local_day(clock.at, ZONE) - timedelta(days=3)
    copies = [
        Copy(dataset, await grant(dataset, unit=unit))
        for dataset in Dataset
        for unit in (HOA_BINH, PROVINCE)
    ]
    for _ in range(STEPS):
        step = world.random.choice([begin, begin, end, at_once, at_once, at_once, pass_time, None])
        if step is not None:
            await step(world)
        else:
            for copy in world.random.sample(copies, 4):
                await page(resources, asker, copy, world.random.choice([1, 3, 200]), first)
    while world.open:
        await end(world)
    for copy in copies:
        # What was begun is finished, and what changed after its beginning is told once more.
        await drain(resources, asker, copy, first)
        await drain(resources, asker, copy, first)
        whole = Copy(copy.dataset, copy.grant_id)
        await drain(resources, asker, whole, first)
        assert copy.held == whole.held
    assert sum(len(copy.held) for copy in copies) > 0


async def drain(resources: Resources, asker: Asker, copy: Copy, first: date) -> None:
    while await page(resources, asker, copy, 50, first):
        pass


async def world_of(engine: AsyncEngine, clock: Clock, province: Province, seed: int) -> World:
    """Nobody's measure is used up, and everything is known up to now."""
    async with unit_of_work(engine) as connection:
        elsewhere = await connection.scalar(
            insert(admin_unit)
            .values(
                code="51", name="Elsewhere", level="province", kind="province",
                valid_from=date(2025, 7, 1),
            )
            .returning(admin_unit.c.id)
        )  # fmt: skip
        await connection.execute(update(agency_client).values(daily_records=10**7))
        await connection.execute(
            insert(ingest_worker).values(
                slot=0, boot="b", started_at=clock.at, flushed_at=clock.at, seen_until=clock.at
            )
        )
    assert elsewhere is not None
    units = [province.unit_ids[HOA_BINH], province.unit_ids[PHUOC_LONG], int(elsewhere)]
    return World(engine, clock, units, random.Random(seed))  # noqa: S311 - no secret


async def test_what_a_slow_writer_began_early_is_not_passed_over(
    agency: Agency, grant: Grant, engine: AsyncEngine, clock: Clock, province: Province
) -> None:
    """Its number is lower than that of what was told already, and its rows appear later."""
    await grant("incidents")
    facility_id = province.facility_ids["SUN-01"]

    def opened(cause: str) -> Any:
        return insert(incident).values(
            facility_id=facility_id, cause=cause, state="open", since_at=clock.at,
            opened_at=clock.at,
        )  # fmt: skip

    async with engine.connect() as slow:
        await slow.execute(opened("slow"))
        async with unit_of_work(engine) as quick:
            await quick.execute(opened("quick"))
        told, since = await agency.pull("/agency/incidents")
        await slow.commit()
    late, _ = await agency.pull(f"/agency/incidents?since={since}")
    assert {one["cause"] for one in [*told, *late]} == {"slow", "quick"}


async def test_what_left_the_area_is_taken_away_and_nothing_else_is_said_of_it(
    agency: Agency, grant: Grant, engine: AsyncEngine, province: Province
) -> None:
    await grant("facilities", unit=HOA_BINH)
    _, since = await agency.pull("/agency/facilities")
    async with unit_of_work(engine) as connection:
        moved = update(facility).where(facility.c.code == "SUN-01")
        await connection.execute(moved.values(admin_unit_id=province.unit_ids[PHUOC_LONG]))
    told, since = await agency.pull(f"/agency/facilities?since={since}")
    assert told == [
        {"change": "remove", "key": "SUN-01", "facility": "SUN-01", "because": "left_the_area"}
    ]
    async with unit_of_work(engine) as connection:
        await connection.execute(update(facility).values(name="Other"))
    told, _ = await agency.pull(f"/agency/facilities?since={since}")
    assert told == []


async def test_when_units_are_arranged_anew_the_agency_begins_anew(
    agency: Agency, grant: Grant, engine: AsyncEngine, province: Province
) -> None:
    await grant("facilities")
    _, since = await agency.pull("/agency/facilities")
    async with unit_of_work(engine) as connection:
        await connection.execute(
            insert(admin_unit).values(
                code="79003", name="New", level="commune", kind="commune",
                parent_id=province.unit_ids[PROVINCE], valid_from=date(2026, 7, 1),
            )
        )  # fmt: skip
    answer = await agency.get(f"/agency/facilities?since={since}")
    assert answer.status_code == 410


async def test_a_day_is_told_again_once_a_hole_at_midnight_can_be_judged(
    agency: Agency, grant: Grant, engine: AsyncEngine, clock: Clock, province: Province
) -> None:
    """At a quarter past midnight it is not known yet whether the hole will be too long."""
    await grant("coverage")
    world = await world_of(engine, clock, province, seed=0)
    day = local_day(clock.at, ZONE)
    start, midnight_at = midnight(day, ZONE), midnight(day + timedelta(days=1), ZONE)
    async with unit_of_work(engine) as connection:
        await add_facility(world, connection)
        await connection.execute(
            update(facility)
            .where(facility.c.code == "F-1")
            .values(admin_unit_id=province.unit_ids[HOA_BINH])
        )
        await connection.execute(update(requirement).values(max_gap_s=7200))
        await connection.execute(
            text(
                "INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at) "
                "SELECT id, :day, tstzmultirange(tstzrange(:start, :end)), '{}', '{}', :start "
                "FROM device"
            ),
            {"day": day, "start": start, "end": midnight_at - timedelta(hours=1)},
        )

    async def told_at(now: datetime, since: str | None) -> tuple[list[dict[str, Any]], str]:
        clock.at = now
        async with unit_of_work(engine) as connection:
            await connection.execute(update(ingest_worker).values(seen_until=now))
        await agency.log_in()
        begins = f"from={day}" if since is None else f"since={since}"
        lines, following = await agency.pull(f"/agency/coverage?{begins}")
        return [one for one in lines if one["key"] == f"F-1/{day}"], following

    early, since = await told_at(midnight_at + timedelta(minutes=15), None)
    later, since = await told_at(midnight_at + timedelta(minutes=90), since)
    once_more, since = await told_at(midnight_at + timedelta(hours=3), since)
    last, _ = await told_at(midnight_at + timedelta(hours=4), since)
    assert [(one["unknown_s"], one["gap_s"]) for one in early] == [(3600, 0)]
    assert [(one["unknown_s"], one["gap_s"]) for one in later] == [(0, 3600)]
    # Now the longest hole that is tolerated would be over: nothing can come of it any more.
    assert (once_more, last) == (later, [])
