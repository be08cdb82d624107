"""Fault runs for so many seconds: `python -m tests.chaos --only ingest --seconds 60 --seed 1`."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from tests.chaos import ingest, report

GROUPS = {"ingest": ingest.measure}


def tell(line: str) -> None:
    print(line, flush=True)


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
        outcome = asyncio.run(
            GROUPS[asked.only](Path(folder), seconds=asked.seconds, seed=seed, tell=tell)
        )
        for line in report.lines(outcome):
            tell(line)
    return 0 if outcome.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
