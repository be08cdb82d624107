"""What stops between a gap and its message leaves neither; the next tick writes both, once."""

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection

from tests.support.alerting import World
from tests.support.alerting_causes import home


class KilledError(Exception):
    """The process ends here."""


def kill_before(world: World, word: str) -> None:
    """The next statement with this word in it is the last."""

    def stop(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if word in statement:
            event.remove(world.alerts.sync_engine, "before_cursor_execute", stop)
            raise KilledError

    event.listen(world.alerts.sync_engine, "before_cursor_execute", stop)


@pytest.mark.parametrize(
    "word",
    ["INSERT INTO gap", "INSERT INTO incident", "INSERT INTO event", "UPDATE gap SET incident_id"],
)
async def test_a_kill_between_gap_and_incident_leaves_one_of_each(world: World, word: str) -> None:
    made = await home(world, rooms=3)
    await world.usual_people(made.facility)
    for device in made.devices:
        await world.attest(device, 0, 100)
    await world.pass_time(150, since_s=100, step_s=10)
    kill_before(world, word)
    await world.know_until(165)
    with pytest.raises(KilledError):
        await world.tick(165)
    assert await world.gaps() == []
    await world.pass_time(200, since_s=166, step_s=5)

    assert len(await world.gaps()) == 3
    assert await world.incidents() == [("facility_silent", "open")]
    assert await world.mails() == [("alert", "facility_manager")]


async def test_a_kill_before_the_message_leaves_one(world: World) -> None:
    made = await home(world, rooms=1)
    await world.usual_people(made.facility)
    await world.attest(made.devices[0], 0, 100)
    await world.pass_time(169, since_s=160)
    kill_before(world, "INSERT INTO notification")
    await world.know_until(175)
    with pytest.raises(KilledError):
        await world.tick(175)
    assert await world.mails() == []
    await world.pass_time(200, since_s=176, step_s=4)

    assert await world.mails() == [("alert", "facility_manager")]
    assert (await world.events()).count("told") == 1
