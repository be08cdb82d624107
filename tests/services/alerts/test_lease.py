import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.alerts.lease import queries as lease
from services.alerts.tick import Holder
from shared.db.session import unit_of_work
from tests.support.alerting import World, after


async def test_only_one_of_two_services_ticks(world: World) -> None:
    first = await world.tick(10, holder="one")
    second = await world.tick(11, holder="two")
    assert first is not None
    assert second is None


async def test_the_second_takes_over_when_the_first_is_silent(world: World) -> None:
    first = await world.tick(10, holder="one")
    second = await world.tick(16, holder="two")
    back = await world.tick(17, holder="one")

    assert first is not None
    assert second is not None
    assert second.epoch == first.epoch + 1
    assert back is None


async def test_a_lease_given_back_is_free_at_once(world: World) -> None:
    await world.tick(10, holder="one")
    async with unit_of_work(world.alerts) as connection:
        await lease.give_back(connection, holder="one", now=after(11))

    assert await world.tick(11, holder="two") is not None


async def test_whoever_comes_while_a_tick_runs_does_not_wait_for_it(world: World) -> None:
    await world.tick(10, holder="one")
    async with unit_of_work(world.alerts) as connection:
        await lease.take(connection, holder="one", now=after(11), lease_for=Holder("one").lease_for)
        async with asyncio.timeout(2):
            assert await world.tick(60, holder="two") is None


async def stop_in_mid_tick(world: World, taken_over_at: float) -> None:
    """The server cuts off who does not go on; another takes over; then the first comes back."""
    async with unit_of_work(world.alerts) as paused:
        held = await lease.take(
            paused, holder="one", now=after(11), lease_for=Holder("one").lease_for
        )
        number = await paused.scalar(text("SELECT pg_backend_pid()"))
        await world.rows("SELECT pg_terminate_backend(:number, 5000)", number=number)
        assert await world.tick(taken_over_at, holder="two") is not None
        assert held is not None
        await lease.advance(paused, epoch=held.epoch, judged_until=after(50))


async def test_a_paused_holders_writes_are_refused(world: World) -> None:
    await world.tick(10, holder="one")
    with pytest.raises(DBAPIError):
        await stop_in_mid_tick(world, taken_over_at=60)

    (row,) = await world.rows("SELECT holder, epoch FROM alert_lease")
    assert tuple(row) == ("two", 2)


async def test_an_older_epoch_may_not_say_how_far_it_judged(world: World) -> None:
    first = await world.tick(10, holder="one")
    await world.tick(60, holder="two")
    assert first is not None
    async with unit_of_work(world.alerts) as connection:
        assert not await lease.advance(connection, epoch=first.epoch, judged_until=after(50))


async def test_two_services_at_once_tell_once(world: World) -> None:
    facility = await world.facility()
    device = await world.device(facility, await world.zone(facility))
    await world.usual_people(facility)
    await world.attest(device, 0, 100)
    for seconds in range(100, 300, 10):
        await world.know_until(seconds)
        await asyncio.gather(
            world.tick(seconds, holder="one"),
            world.tick(seconds, holder="two"),
            world.tick(seconds, holder="three"),
        )

    assert await world.gaps() == [("open", 100, None)]
    assert await world.mails() == [("alert", "facility_manager"), ("escalation", "commune_cpo")]
    events = await world.events()
    assert sorted(events) == ["gap_opened", "incident_opened", "told", "told"]
