"""Fault runs for so many seconds: `python -m tests.chaos --only ingest --seconds 60 --seed 1`."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.chaos import ingest, report
from tests.chaos.alerts import runs as alerts


def tell(line: str) -> None:
    print(line, flush=True)


async def _ingest(folder: Path, seconds: float, seed: int) -> tuple[bool, Iterator[str]]:
    outcome = await ingest.measure(folder, seconds=seconds, seed=seed, tell=tell)
    return outcome.is_good, report.lines(outcome)


async def _alerts(folder: Path, seconds: float, seed: int) -> tuple[bool, Iterator[str]]:
    outcome = await alerts.measure(folder, seconds=seconds, seed=seed, tell=tell)
    return outcome.is_good, alerts.lines(outcome)


#: What is run: whether it went well, and the report.
GROUPS: Final = {"ingest": _ingest, "alerts": _alerts}


def main() -> int:
    """The exit code is 1 if anything was lost, invented or stuck, or a planted bug not caught."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--only", choices=GROUPS, default="ingest")
    parser.add_argument("--seconds", type=float, default=60, help="of faults; controls come after")
    parser.add_argument("--seed", type=int, default=None, help="a former run's, to repeat it")
    asked = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if asked.seed is None else asked.seed
    tell(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="giamsat-chaos-") as folder:
        is_good, lines = asyncio.run(GROUPS[asked.only](Path(folder), asked.seconds, seed))
        for line in lines:
            tell(line)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
