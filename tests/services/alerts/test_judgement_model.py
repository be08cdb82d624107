"""Random watches over random links, judged tick by tick, against sets of seconds."""

from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

import pytest
from sqlalchemy import text, update

from shared.db.session import unit_of_work
from shared.db.tables.registry import device, requirement
from shared.db.tables.requirements import watch_calendar
from shared.domain.schedule import local_day
from tests.support.alerting import ATTEST, ZONE, World, after

END = 1200
STEP = 10
#: The pipeline stands still for so long; what it missed it missed for good.
BLIND = (600, 660)


#: As the api does it.
MOVE = (
    text(
        "INSERT INTO device_placement (device_id, zone_id, valid_from, valid_to) "
        "SELECT id, zone_id, coalesce(placed_at, registered_at), :now FROM device "
        "WHERE id = :device"
    ),
    text("UPDATE device SET zone_id = :zone, placed_at = :now WHERE id = :device"),
)


@dataclass
class Room:
    """A zone with its devices, and what is known of it so far, second by second."""

    min_devices: int
    max_gap_s: int
    zone_id: int = 0
    devices: list[int] = field(default_factory=list)
    watched: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    #: Minutes in which it must be watched; none: in all.
    minutes: tuple[tuple[int, int], ...] = ()
    #: Of one kind, if not of any.
    kind: str | None = None
    kinds: dict[int, str] = field(default_factory=dict)

    @property
    def required(self) -> list[tuple[int, int]]:
        """In seconds; what has no end is required for longer than anybody looks."""
        return [(60 * a, 60 * b) for a, b in self.minutes] or [(0, 10 * END)]

    def is_enough(self, second: int) -> bool:
        counting = [
            seconds
            for device_id, seconds in self.watched.items()
            if self.kind in (None, self.kinds.get(device_id))
        ]
        return sum(second in seconds for seconds in counting) >= self.min_devices


@dataclass
class Spell:
    """While [start, end) the device watches, or its link is up."""

    start: int
    end: int
    is_impaired: bool = False


def spells(chance: Random, longest: int) -> list[Spell]:
    found: list[Spell] = []
    at = chance.randrange(60)
    while at < END:
        end = at + chance.randrange(5, longest)
        found.append(Spell(at, min(end, END), is_impaired=chance.random() < 0.15))
        at = end + chance.choice([0, chance.randrange(1, 40), chance.randrange(1, 200)])
    return found


def told(watch: list[Spell], link: list[Spell], at: int) -> list[tuple[int, int, str]]:
    """What a device with a journal says now: its current spell, and what it could not say."""
    if not any(up.start < at <= up.end for up in link):
        return []
    last_up = max((up.end for up in link if up.end < at), default=0)
    said: list[tuple[int, int, str]] = []
    for spell in watch:
        start, end = spell.start, min(spell.end, at)
        if start < end and end > min(last_up, at - STEP) - STEP:
            kinds = (("impaired", start, end),) if spell.is_impaired else (
                ("late", start, min(end, at - 300)),
                ("watched", max(start, at - 300), end),
            )  # fmt: skip
            said += [(a, b, kind) for kind, a, b in kinds if a < b]
    return said


def expected(room: Room, until: int) -> list[tuple[int, int | None]]:
    """Seconds without enough devices, for too long. Blindness makes no gap, nor ends one."""
    found: list[tuple[int, int | None]] = []
    dark: list[int] = []
    for start, end in room.required:
        for second in range(start, min(end, until) + 1):
            if second < min(end, until) and not room.is_enough(second):
                dark.append(second)
            elif dark:
                found += _gap_of(dark, room, is_over=second < until or second == end)
                dark = []
    return found


def _gap_of(dark: list[int], room: Room, *, is_over: bool) -> list[tuple[int, int | None]]:
    """From the first piece that was too long to the last second that we saw."""
    seen = [second for second in dark if not BLIND[0] <= second < BLIND[1]]
    for start in seen:
        stretch = set(range(start, start + room.max_gap_s + 1))
        if stretch <= set(seen):
            return [(start, seen[-1] + 1 if is_over else None)]
    return []


async def found(world: World, room: Room) -> list[tuple[int, int | None]]:
    rows = await world.rows(
        "SELECT extract(epoch FROM from_at - :start), extract(epoch FROM to_at - :start) "
        "FROM gap WHERE zone_id = :zone AND state <> 'repaired' ORDER BY from_at",
        start=after(0),
        zone=room.zone_id,
    )
    return [(int(a), None if b is None else int(b)) for a, b in rows]


@dataclass
class Life:
    """One device: when it really watches, and when it can say so."""

    room: Room
    device_id: int
    watch: list[Spell]
    link: list[Spell]
    #: Where it stood before, and until when.
    former: list[tuple[int, Room]] = field(default_factory=list)

    def room_at(self, second: int) -> Room:
        return next((room for until, room in self.former if second < until), self.room)

    async def move(self, world: World, room: Room, at: int) -> None:
        values = {"device": self.device_id, "zone": room.zone_id, "now": after(at)}
        async with unit_of_work(world.owner) as connection:
            for statement in MOVE:
                await connection.execute(statement, values)
        self.former.append((at, self.room))
        self.room = room


async def province(world: World, chance: Random) -> list[Life]:
    facility = await world.facility()
    lives: list[Life] = []
    for number in range(15):
        count = chance.randrange(1, 4)
        room = Room(chance.randrange(1, count + 1), chance.choice([5, 20, 60]))
        room.zone_id = await world.zone(
            facility, f"z{number}", min_devices=room.min_devices, max_gap_s=room.max_gap_s
        )
        for _ in range(count):
            device_id = await world.device(facility, room.zone_id, f"d{len(lives)}")
            lives.append(Life(room, device_id, spells(chance, 400), spells(chance, 500)))
    return lives


async def restrict(world: World, lives: list[Life], chance: Random) -> None:
    """Most rooms must be watched at some minutes only, many by devices of one kind only."""
    rooms = list({life.room.zone_id: life.room for life in lives}.values())
    kinds = {life.device_id: chance.choice(["camera", "motion"]) for life in lives}
    async with unit_of_work(world.owner) as connection:
        for device_id, kind in kinds.items():
            changed = update(device).where(device.c.id == device_id).values(kind=kind)
            await connection.execute(changed)
    for room in rooms:
        room.kinds = kinds
        room.kind = chance.choice([None, "camera", "motion"])
        cuts = sorted(chance.sample(range(1, 20), 4))
        room.minutes = chance.choice([(), ((0, 20),), ((cuts[0], cuts[1]), (cuts[2], cuts[3]))])
        await _restrict_one(world, room)


async def _restrict_one(world: World, room: Room) -> None:
    calendar = None
    if room.minutes:
        hours = [
            {"days": [4], "from": f"12:{first:02}", "to": f"12:{last:02}"}
            for first, last in room.minutes
        ]
        calendar = await world.add(watch_calendar, name="Giờ", weekly=hours, created_at=after(0))
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            update(requirement)
            .where(requirement.c.zone_id == room.zone_id)
            .values(calendar_id=calendar, kinds=[room.kind] if room.kind else None)
        )


async def hear(world: World, lives: list[Life], at: int) -> None:
    """What all devices say at that second goes to the database and to the model."""
    async with unit_of_work(world.owner) as connection:
        for life in lives:
            for start, end, kind in told(life.watch, life.link, at):
                values = {
                    "device": life.device_id, "day": local_day(after(0), ZONE),
                    "start": after(start), "end": after(end), "told": after(at),
                }  # fmt: skip
                await connection.execute(ATTEST[kind], values)
                if kind != "impaired":
                    for second in range(start, end):
                        life.room_at(second).watched[life.device_id].add(second)


async def inconsistent(world: World) -> list[object]:
    """Gaps without an incident, and incidents that do not span just what their gaps span.

    What comes and goes is open without a gap, too.
    """
    return await world.rows(
        """
        SELECT id FROM gap WHERE incident_id IS NULL
        UNION ALL
        SELECT i.id FROM incident i
        WHERE i.facility_id IS NOT NULL AND i.unstable_since IS NULL
          AND (i.state = 'open') <> EXISTS (
            SELECT FROM gap WHERE incident_id = i.id AND gap.state = 'open')
        UNION ALL
        SELECT i.id FROM incident i
        JOIN gap ON gap.incident_id = i.id AND gap.state <> 'repaired'
        GROUP BY i.id HAVING i.since_at <> min(gap.from_at)
        """
    )


async def stir(world: World, lives: list[Life], chance: Random, at: int) -> None:
    """Now and then a device is carried to another room, or back."""
    for life in lives:
        if chance.random() < 0.02:
            other = chance.choice(lives).room
            if other is not life.room:
                await life.move(world, other, at)


@pytest.mark.parametrize(
    ("seed", "are_moved", "are_restricted"),
    [(1, False, False), (2, True, False), (3, False, True), (4, True, True)],
)
async def test_the_gaps_on_record_are_those_of_the_naive_model(
    world: World, seed: int, *, are_moved: bool, are_restricted: bool
) -> None:
    chance = Random(seed)  # noqa: S311 - the same at every run
    lives = await province(world, chance)
    if are_restricted:
        await restrict(world, lives, chance)
    rooms = {life.room.zone_id: life.room for life in lives}.values()
    for at in [*range(0, BLIND[0] + 1, STEP), *range(BLIND[1], END, STEP)]:
        await hear(world, lives, at)
        if are_moved and at:
            await stir(world, lives, chance, at)
        if at == BLIND[1]:
            await world.be_blind(*BLIND)
        await world.know_until(at)
        await world.tick(at)
        if at % 240 == 0:
            assert [await found(world, room) for room in rooms] == [
                expected(room, at) for room in rooms
            ]

    states = [state for state, _, _ in await world.gaps()]
    assert min(states.count("closed"), states.count("repaired")) > 5
    assert await inconsistent(world) == []
