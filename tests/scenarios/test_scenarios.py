from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import create_engine
from tests.conftest import Database
from tests.scenarios.language import Scenario, UnreadableError, clock, read, read_all, seconds
from tests.scenarios.stage import Stage
from tests.support.alerting import World

SCENARIOS = read_all(Path(__file__).parent)


def test_there_are_enough_and_no_two_have_one_name() -> None:
    titles = [scenario.title for scenario in SCENARIOS]
    assert len(titles) >= 60
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("word", ["00:10", "16:00", "1:02:03", "12:59:59"])
def test_a_time_is_written_as_it_is_read(word: str) -> None:
    assert clock(seconds(word)) == word


@pytest.mark.parametrize(
    "text",
    [
        "== No end\nworld A: r(c)\n00:10 A off\n",
        "== No room\nworld A: c1\n00:10 end\n== x",
        "== No time\nworld A: r(c)\nten o'clock A off\n01:00 end\n",
    ],
)
def test_what_is_not_of_the_language_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        list(read(text))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.title)
async def test_what_must_follow_follows(
    scenario: Scenario, engine: AsyncEngine, database: Database
) -> None:
    alerts = create_engine(database.url_of_service("alerts"), application="alerts")
    try:
        world = World(engine, alerts)
        await world.begin()
        stage = Stage(world)
        await stage.play(scenario)
        assert await stage.incidents() == scenario.incidents
        assert await stage.messages() == scenario.messages
        happened = set(await world.events())
        assert set(scenario.saw) <= happened
        assert not set(scenario.never) & happened
    finally:
        await alerts.dispose()
