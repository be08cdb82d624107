"""Probes a running api with everybody's questions about what is not theirs: `make probe`."""

import argparse
import sys
from collections import Counter

from tests.probe.run import Choice, Outcome, both


def tell(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """The exit code is 1 if anything leaked, broke, or could not be reached by anybody."""
    parser = argparse.ArgumentParser(prog="tests.probe", description=__doc__)
    parser.add_argument("--one-in", type=int, default=1, help="ask one question in so many")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--show", type=int, default=20, help="how many leaks to print")
    asked = parser.parse_args()
    whole, rows_only, seconds = both(Choice(asked.one_in, asked.seed))
    for name, outcome in (("as it is", whole), ("rows alone", rows_only)):
        _report(name, outcome, asked.show)
    unreached = sorted(set(whole.broken))
    tell(f"{len(whole.welcomed)} operations answered somebody; {seconds:.0f} s in all")
    tell(
        f"probes={whole.probes + rows_only.probes} leaks={len(whole.leaks)} "
        f"rls_only_leaks={len(rows_only.leaks)}"
    )
    return 1 if whole.leaks or rows_only.leaks or unreached else 0


def _report(name: str, outcome: Outcome, show: int) -> None:
    tell(f"{name}: {outcome.probes} probes, {len(outcome.leaks)} leaks")
    for operation, body in outcome.broken.items():
        tell(f"  BROKEN {operation}: {body}")
    kinds = Counter((leak.question.operation, leak.why) for leak in outcome.leaks)
    for (operation, why), count in kinds.most_common(show):
        example = next(
            leak
            for leak in outcome.leaks
            if (leak.question.operation, leak.why) == (operation, why)
        )
        tell(f"  LEAK {count}× {operation} by {example.question.place}: {why}")
        tell(f"    {example.actor}: {example.question.method} {example.question.path}")
        tell(f"    {example.answer.status} {example.answer.body[:200]}")


if __name__ == "__main__":
    sys.exit(main())
