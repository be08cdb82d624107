"""A sample of the scenarios through the real processes: the same tables, in seconds."""

import asyncio
import uuid
from pathlib import Path

import pytest

from tests.scenarios.language import Scenario, read_all
from tests.scenarios.live import staged
from tests.scenarios.live_post import PostBox
from tests.support.system import Api, System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(170)]

SCENARIOS = {one.title: one for one in read_all(Path(__file__).parents[1] / "scenarios")}
SAMPLE = (
    "A camera stops, and watches again",
    "A camera that sees nothing is told as its picture",
    "A whole facility falls silent",
    "A gateway takes down those who speak through it",
    "Taken up by the manager, it climbs no further",
    "Maintenance keeps quiet, and the gap stays on record",
)


async def played(system: System, api: Api, post: PostBox, scenario: Scenario) -> list[str]:
    """What did not follow as the table says."""
    key = f"s{uuid.uuid4().hex[:8]}"
    async with staged(system, api, post, scenario, key) as live:
        await live.play()
        return await live.outcome.differences()


async def test_the_tables_hold_for_the_real_processes(system: System) -> None:
    """All at once, each in a province of its own."""
    api = await system.log_in()
    post = PostBox(Path(system.run["mail_dir"]))
    async with asyncio.TaskGroup() as group:
        playing = [
            group.create_task(played(system, api, post, SCENARIOS[title])) for title in SAMPLE
        ]
    assert [difference for one in playing for difference in one.result()] == []
