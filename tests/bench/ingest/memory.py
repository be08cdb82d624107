"""How much memory a worker needs at 10,000 and 100,000 devices, and whether it stays there."""

import statistics
import time
from typing import Any

from tests.bench.ingest.rig import (
    Rig,
    Truth,
    await_committed,
    committed,
    rig,
    rss_mb,
    told_by_devices,
)
from tests.support.processes import Service

SIZES = {"10k": 10_000, "100k": 100_000}
#: Each device says twice who it is, what its clock says, and one reading.
ROUNDS = 2
#: More than 100,000 devices say that beat every 30 s.
PER_S = 5_000
SOAK_S = 30
SOAK_MESSAGES = 10_000


def measure() -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, devices in SIZES.items():
        figures |= _of_size(name, devices)
    return figures


def _of_size(name: str, devices: int) -> dict[str, float]:
    truth: Truth = {}
    with rig(devices=devices) as bench, bench.worker() as worker:
        idle = rss_mb(worker)
        for _ in range(ROUNDS):
            told_by_devices(_told(bench, worker, devices, devices), truth)
        figures = {f"ingest.rss_mb_{name}_idle": idle, f"ingest.rss_mb_{name}": rss_mb(worker)}
        if name == "100k":
            figures["ingest.rss_mb_growth_per_minute"] = _soak(bench, worker, truth)
        bench.must_be_covered(truth)
    return figures


def _soak(bench: Rig, worker: Service, truth: Truth) -> float:
    """Megabytes a minute that it grows while it goes on."""
    sizes: list[tuple[float, float]] = []
    began = time.monotonic()
    while (at := time.monotonic() - began) < SOAK_S:
        told_by_devices(_told(bench, worker, SOAK_MESSAGES, SOAK_MESSAGES), truth)
        sizes.append((at, rss_mb(worker)))
    times, megabytes = zip(*sizes, strict=True)
    return 60 * statistics.linear_regression(times, megabytes).slope


def _told(bench: Rig, worker: Service, senders: int, messages: int) -> dict[str, Any]:
    before = committed([worker])
    told = bench.publish("numbered", senders, messages, per_s=PER_S)
    await_committed([worker], before + messages)
    return told


if __name__ == "__main__":
    for key, figure in measure().items():
        print(f"{key:44} {figure:12,.2f}")
