"""Asks for as long as it is given: `make schema SECONDS=600 SEED=2`."""

import argparse
import sys
import time
from itertools import count

from tests.api_schema.run import Round, Tally, fuzz, running, tell_stories

ENOUGH = 0.9


def main() -> int:
    """The exit code is 1 if an answer was not as described, or too much was never reached."""
    parser = argparse.ArgumentParser(prog="tests.api_schema", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tally = Tally()
    began = time.monotonic()
    with running() as on:
        tally.operations = len(on.operations)
        for name, said in tell_stories(on, tally).items():
            print(f"{name} answered nobody well: {said}")
        for number in count(asked.seed):
            if time.monotonic() - began > asked.seconds:
                break
            fuzz(on, tally, Round(number, guests=2, examples=3))
            print(f"round {number}: {summary(tally)}", flush=True)
    for (operation, wrong), said in sorted(tally.faults.items()):
        print(f"FAULT {operation}: {wrong}\n    {said}")
    print(f"never reached: {', '.join(tally.unreached)}")
    print(f"{summary(tally)} seconds={time.monotonic() - began:.0f}")
    is_enough = len(tally.reached) >= ENOUGH * tally.operations
    return 0 if is_enough and not tally.faults else 1


def summary(tally: Tally) -> str:
    return (
        f"operations={tally.operations} requests={tally.requests} reached={len(tally.reached)} "
        f"faults={len(tally.faults)}"
    )


if __name__ == "__main__":
    sys.exit(main())
