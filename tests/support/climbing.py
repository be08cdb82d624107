"""An incident that lasts, and ladders, rotas and deeds of people around it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert

from shared.db.session import unit_of_work
from shared.db.tables import alerting, ladders, outbox
from tests.support.alerting import START, World, after

#: The room of `one_silent_room` is an incident from here on.
OPENED_S = 161
#: From when the hold and the ladder count: the hole was too long then.
COUNTED_S = 160


async def one_silent_room(world: World) -> tuple[int, int]:
    """A facility where one room is not watched since 100; the facility and its incident."""
    facility = await world.facility()
    silent, watched = await world.zone(facility), await world.zone(facility, "z2")
    await world.attest(await world.device(facility, silent), 0, 100)
    await world.attest(await world.device(facility, watched, "d2"), 0, 50_000)
    await at(world, OPENED_S)
    (incident,) = await world.rows("SELECT id FROM incident")
    return facility, incident.id


async def at(world: World, *moments: float) -> None:
    """A tick at each, knowing everything up to it."""
    for seconds in moments:
        await world.catch_up(seconds)


async def no_steps(world: World) -> None:
    async with unit_of_work(world.owner) as connection:
        await connection.execute(delete(ladders.ladder_step))


async def step(world: World, number: int, role: str, after_s: int, **said: Any) -> None:
    """Of the ladder for everything, unless `ladder_id` names another."""
    await world.add(
        ladders.ladder_step, step=number, role=role, after_s=after_s,
        valid_from=START - timedelta(days=1), **said,
    )  # fmt: skip


async def ladder(world: World, *steps: tuple[str, int], **said: Any) -> int:
    number = await world.add(
        ladders.ladder, name="ladder", valid_from=START - timedelta(days=1), **said
    )
    for place, (role, after_s) in enumerate(steps, start=1):
        await step(world, place, role, after_s, ladder_id=number)
    return number


async def shift(
    world: World, role: str, user_id: int, start_s: float, end_s: float, **said: Any
) -> None:
    await world.add(
        ladders.duty_shift, role=role, user_id=user_id, starts_at=after(start_s),
        ends_at=after(end_s), created_at=START, **said,
    )  # fmt: skip


async def act(
    world: World, incident_id: int, by: int, kind: str, seconds: float, **detail: Any
) -> None:
    await world.add(
        alerting.incident_action, incident_id=incident_id, kind=kind, user_id=by,
        acted_at=after(seconds), note="because", detail=detail,
    )  # fmt: skip


async def snooze(
    world: World, incident_id: int, user_id: int, seconds: float, until_s: float
) -> None:
    until = after(until_s).isoformat()
    await act(world, incident_id, user_id, "snooze", seconds, until=until)


async def take_nothing(world: World, address: str, channel: str = "email") -> None:
    """Messages to it came back."""
    async with unit_of_work(world.owner) as connection:
        await connection.execute(
            insert(outbox.address_fault).values(
                channel=channel, address=address, since_at=START, reason="550"
            )
        )


async def watch_again(world: World, seconds: float) -> None:
    """The silent device speaks from then on; ticks until it is over."""
    (device,) = await world.rows("SELECT id FROM device WHERE code = 'd1'")
    await world.attest(device.id, seconds, 50_000)
    await at(world, seconds + 1, seconds + 20, seconds + 40)
