"""Fuzzes every target, or those named: `python -m tests.fuzz --seconds 600 --seed 1 inbox mqtt`.

With files, it tries them again: `python -m tests.fuzz inbox --again var/fuzz/inbox/crash-…`.
"""

import argparse
import secrets
import sys
from pathlib import Path

from tests.fuzz import run
from tests.fuzz.catalogue import TARGETS
from tests.fuzz.run import Outcome

ROOT = Path(__file__).parents[2]


def main() -> int:
    """The exit code is 1 if any input broke a law, took too long or too much memory."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=120, help="for all targets together")
    parser.add_argument("--seed", type=int, default=None, help="a former run's")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "fuzz")
    parser.add_argument("--again", nargs="+", default=[], metavar="FILE", help="try these inputs")
    asked = parser.parse_args()
    names = asked.targets or list(TARGETS)
    seed = secrets.randbelow(1_000_000) + 1 if asked.seed is None else asked.seed
    seconds = 0 if asked.again else max(1, asked.seconds // len(names))
    print(f"seed {seed}, {seconds} s a target", flush=True)
    outcomes = []
    for name in names:
        how = run.Asked(name, seconds=seconds, seed=seed, again=tuple(asked.again))
        outcomes.append(run.fuzz(how, asked.folder / name))
        print(run.line(outcomes[-1]), flush=True)
    return _told(outcomes)


def _told(outcomes: list[Outcome]) -> int:
    for outcome in outcomes:
        if not outcome.is_good:
            print(f"\n{outcome.target}: {outcome.why}\n{outcome.failure}".rstrip())
    crashes = sum(not outcome.is_good for outcome in outcomes)
    print(
        f"inputs={sum(one.inputs for one in outcomes)} crashes={crashes} "
        f"slowest_ms={max(one.slowest_ms for one in outcomes):.1f} "
        f"rss_growth_mb={max(one.growth_mb for one in outcomes):.1f}"
    )
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
