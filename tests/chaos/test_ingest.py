"""A sample of the fault runs, small enough for every day; `make chaos` is the real thing."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos import controls
from tests.chaos.deck import STRIKES
from tests.chaos.faults import broker, database, links, workers
from tests.chaos.stage import House, Stage, open_house, perform, set_stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEED = 20261122
#: Every hook point, and one of each kind of thing that can be lost.
SAMPLE = (
    *STRIKES.values(),
    workers.zombie,
    database.commit_unanswered,
    database.backend_killed,
    database.transaction_abandoned,
    links.senders_cut,
    links.ingest_unheard,
    broker.broker_killed_and_store_deleted,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    # Not below pytest's own folder, which every other run shuts to PostgreSQL's user.
    with tempfile.TemporaryDirectory(prefix="giamsat-chaos-") as folder:
        async with open_house(Path(folder)) as one:
            yield one


async def play(stage: Stage) -> None:
    for slot in workers.SLOTS:
        await stage.begin_worker(slot)
    await stage.recover()
    for fault in SAMPLE:
        await fault(stage)
        await stage.recover(fault.__name__)


async def test_nothing_is_lost_and_nothing_invented(house: House) -> None:
    async with set_stage(house, SEED) as stage:
        verdict = await perform(stage, play)
        assert verdict.findings == []
        assert stage.casebook.stuck == {}
        assert {name: stage.casebook.trials[name] for name in STRIKES} == dict.fromkeys(STRIKES, 1)
        assert stage.casebook.counts["told"] > 500


@pytest.mark.parametrize(
    "bug", ["ack_before_commit", "closed_interval_ends", "naive_local_day", "retained_accepted"]
)
async def test_a_planted_bug_is_called_by_name(house: House, bug: str) -> None:
    assert await controls.is_caught(house, bug, SEED)
