"""Counts how many wrong policies are noticed: `make mutants`."""

import sys

from tests.policy.mutants import all_mutants, killer_of

ENOUGH = 0.95


def main() -> int:
    """The exit code is 1 if too many live."""
    mutants = list(all_mutants())
    living = [mutant.name for mutant in mutants if killer_of(mutant) is None]
    for name in living:
        print(f"alive: {name}")
    killed = len(mutants) - len(living)
    print(f"mutants={len(mutants)} killed={killed}")
    return 0 if killed >= ENOUGH * len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main())
