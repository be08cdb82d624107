"""Ten thousand callers hang up: `make disconnects COUNT=10000 SEED=1`."""

import argparse
import asyncio
import sys

from tests.disconnects.stage import storm_over
from tests.disconnects.storm import POOL
from tests.support import databases
from tests.support.broker import running_broker


def main() -> int:
    """The exit code is 1 if a transaction stayed open, a connection was lost or data got out."""
    parser = argparse.ArgumentParser(prog="tests.disconnects", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with databases.running_postgres() as server, running_broker() as broker:
        name = asyncio.run(databases.fresh_database(server))
        with storm_over(server, name, broker, count=asked.count, seed=asked.seed) as storm:
            after = asyncio.run(storm.run())
    for leak in after.leaks[:10]:
        print(f"LEAK {leak}")
    print(after.line)
    is_whole = after.usable == POOL and not after.open_transactions and not after.leaks
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
