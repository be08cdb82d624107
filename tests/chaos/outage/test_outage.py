"""A sample of the outage, small enough for every day; `make chaos` is the real thing."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.outage import pace, runs
from tests.chaos.outage.oracle import Gap, Seen, Truth, judge
from tests.chaos.postgres import Server

DEVICES = 100
TRUTH = Truth(
    died_ms={7: 60_000},
    interval_ms=30_000,
    told_of={7: frozenset({"manager0", "department"})},
    admins=frozenset({"admin1", "admin2"}),
)
WELL = Seen(
    gaps=[Gap(7, 40_000)],
    causes=["platform_blind", "device_silent"],
    while_away=["admin1", "admin2"],
    afterwards=["admin1", "admin2", "manager0", "department", "manager0"],
)


@pytest.mark.timeout(240)
async def test_an_outage_is_told_once_and_held_against_nobody() -> None:
    # Not below pytest's own folder, which every other run shuts to PostgreSQL's user.
    with tempfile.TemporaryDirectory(prefix="giamsat-chaos-") as folder:
        async with Server(Path(folder)) as server:
            (verdict, _), is_caught = await asyncio.gather(
                runs.run(server.postgres, devices=DEVICES, how=pace.SAMPLE),
                runs.control(server.postgres),
            )
    assert verdict.is_good, verdict
    assert verdict.line(devices=DEVICES, outage_s=pace.SAMPLE.lasts_s) == (
        "devices=100 outage_s=10 platform_incidents=1 messages=2 worst_per_recipient=1 false_gaps=0"
    )
    assert is_caught


def test_what_is_as_it_should_be_is_good() -> None:
    assert judge(TRUTH, WELL).is_good


@pytest.mark.parametrize(
    "seen",
    [
        replace(WELL, gaps=[*WELL.gaps, Gap(8, 90_000)]),
        replace(WELL, gaps=[Gap(7, 29_000)]),
        replace(WELL, gaps=[]),
        replace(WELL, causes=[*WELL.causes, "platform_blind"]),
        replace(WELL, causes=["device_silent"]),
        replace(WELL, causes=[*WELL.causes, "area_outage"]),
        replace(WELL, while_away=["admin1", "admin2", "admin1"]),
        replace(WELL, while_away=["admin1"]),
        replace(WELL, while_away=["admin1", "admin2", "manager0"]),
        replace(WELL, afterwards=[*WELL.afterwards, "manager1"]),
        replace(WELL, afterwards=[*WELL.afterwards, "admin1"]),
    ],
    ids=[
        "gap of somebody who watched",
        "gap that began too early",
        "the dead not found",
        "told apart as two outages",
        "not noticed",
        "taken for an area's",
        "told twice",
        "an administrator not told",
        "told while nobody could know",
        "told of nothing",
        "told twice that it is over",
    ],
)
def test_what_is_not_is_found_out(seen: Seen) -> None:
    assert not judge(TRUTH, seen).is_good
