"""How many attestations a second are durable in gateways' messages of sixteen devices."""

import statistics
import time

from tests.bench.ingest.rig import (
    PER_FACILITY,
    Rig,
    Truth,
    await_committed,
    committed,
    cpu_s,
    rig,
    told_by_devices,
)
from tests.support.processes import Service

GATEWAYS = 625
MESSAGES = 25_000
ROUNDS = 3
ROUNDS_WITH_CLOCK = 2


def measure() -> dict[str, float]:
    """Medians of some rounds: as any gateway says it, and as ours does, which tells its clock."""
    truth: Truth = {}
    with rig(devices=GATEWAYS * PER_FACILITY, gateways=GATEWAYS) as bench, bench.worker() as worker:
        plain = [_round(bench, worker, "gateways", truth) for _ in range(ROUNDS)]
        clock = [
            _round(bench, worker, "gateways-with-clock", truth) for _ in range(ROUNDS_WITH_CLOCK)
        ]
        bench.must_be_covered(truth)
    return {
        "ingest.attestations_per_s_16": statistics.median(rate for rate, _ in plain),
        "ingest.cpu_us_per_attestation_16": statistics.median(cost for _, cost in plain),
        "ingest.attestations_with_clock_per_s_16": statistics.median(rate for rate, _ in clock),
        "ingest.cpu_us_per_attestation_with_clock_16": statistics.median(us for _, us in clock),
    }


def _round(bench: Rig, worker: Service, kind: str, truth: Truth) -> tuple[float, float]:
    """Attestations committed a second, and the worker's CPU microseconds for each."""
    before, cpu_before = committed([worker]), cpu_s([worker])
    started = time.perf_counter()
    told = bench.publish(kind, GATEWAYS, MESSAGES)
    await_committed([worker], before + MESSAGES)
    seconds = time.perf_counter() - started
    told_by_devices(told, truth)
    attestations = MESSAGES * PER_FACILITY
    return attestations / seconds, (cpu_s([worker]) - cpu_before) / attestations * 1e6


if __name__ == "__main__":
    for key, figure in measure().items():
        print(f"{key:44} {figure:12,.2f}")
