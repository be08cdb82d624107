"""Fault runs for so many seconds: `python -m tests.chaos --only ingest --seconds 60 --seed 1`."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos import ingest, report
from tests.chaos.alerts import runs as alerts
from tests.chaos.outage import pace
from tests.chaos.outage import runs as outage


def tell(line: str) -> None:
    print(line, flush=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked for."""

    folder: Path
    seconds: float
    seed: int
    devices: int


async def _ingest(asked: Asked) -> tuple[bool, Iterator[str]]:
    outcome = await ingest.measure(asked.folder, seconds=asked.seconds, seed=asked.seed, tell=tell)
    return outcome.is_good, report.lines(outcome)


async def _alerts(asked: Asked) -> tuple[bool, Iterator[str]]:
    outcome = await alerts.measure(asked.folder, seconds=asked.seconds, seed=asked.seed, tell=tell)
    return outcome.is_good, alerts.lines(outcome)


async def _outage(asked: Asked) -> tuple[bool, Iterator[str]]:
    outcome = await outage.measure(
        asked.folder, devices=asked.devices, how=pace.in_earnest(asked.seconds), tell=tell
    )
    return outcome.is_good, outage.lines(outcome)


#: What is run: whether it went well, and the report.
GROUPS: Final = {"ingest": _ingest, "alerts": _alerts, "broker-outage": _outage}


def main() -> int:
    """The exit code is 1 if anything was lost, invented or stuck, or a planted bug not caught."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--only", choices=GROUPS, default="ingest")
    parser.add_argument("--seconds", type=float, default=60, help="of faults; controls come after")
    parser.add_argument("--seed", type=int, default=None, help="a former run's, to repeat it")
    parser.add_argument("--devices", type=int, default=5000, help="in an outage of the broker")
    given = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    tell(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="giamsat-chaos-") as folder:
        asked = Asked(Path(folder), given.seconds, seed, given.devices)
        is_good, lines = asyncio.run(GROUPS[given.only](asked))
        for line in lines:
            tell(line)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
