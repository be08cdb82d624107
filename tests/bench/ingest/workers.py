"""How many heartbeats a second are durable with two and with four workers.

On two cores, which broker, publisher and database share, more workers cannot be faster; what they
must be is exact, and not much slower.
"""

import statistics
import time
from contextlib import ExitStack

from tests.bench.ingest.rig import Rig, Truth, await_committed, committed, rig, told_by_devices
from tests.support.processes import Service

DEVICES = 10_000
MESSAGES = 100_000
ROUNDS = 2


def measure() -> dict[str, float]:
    return {
        "ingest.heartbeats_per_s_2": _with_workers(2),
        "ingest.heartbeats_per_s_4": _with_workers(4),
    }


def _with_workers(count: int) -> float:
    truth: Truth = {}
    with rig(devices=DEVICES) as bench, ExitStack() as stack:
        workers = [stack.enter_context(bench.worker()) for _ in range(count)]
        rates = [_round(bench, workers, truth) for _ in range(ROUNDS)]
        bench.must_be_covered(truth)
        idle = [n for n, worker in enumerate(workers) if committed([worker]) < MESSAGES / 10]
    if idle:
        raise SystemExit(f"workers {idle} of {count} took no part")
    return statistics.median(rates)


def _round(bench: Rig, workers: list[Service], truth: Truth) -> float:
    before = committed(workers)
    started = time.perf_counter()
    told_by_devices(bench.publish("beats", DEVICES, MESSAGES), truth)
    await_committed(workers, before + MESSAGES)
    return MESSAGES / (time.perf_counter() - started)


if __name__ == "__main__":
    for key, figure in measure().items():
        print(f"{key:44} {figure:12,.2f}")
