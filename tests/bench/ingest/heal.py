"""How long a day's outage takes to heal, once the links are back, and that it heals exactly."""

import time

from tests.bench.ingest.kinds import BEAT_MS, DAY_MS
from tests.bench.ingest.rig import (
    PER_FACILITY,
    Rig,
    Truth,
    await_committed,
    committed,
    rig,
    told_by_devices,
)

GATEWAYS = 10_000
#: Plain devices that tell each of their beats, and how many of a day's they tell.
DEVICES = 1_000
ALL_BEATS = DAY_MS // BEAT_MS
TENTH = ALL_BEATS // 10


def measure() -> dict[str, float]:
    """Gateways with four devices; of the plain devices' beats a tenth (`heal-whole`: all)."""
    seconds = heal_plain(TENTH)
    return {
        "ingest.heal_cumulative_s": heal_cumulative("healed-of-four"),
        "ingest.heal_plain_tenth_s": seconds,
        "ingest.heal_plain_per_s": DEVICES * TENTH / seconds,
    }


def heal_cumulative(kind: str) -> float:
    """One message of each gateway, whose devices watched all the time."""
    with rig(devices=GATEWAYS * PER_FACILITY, gateways=GATEWAYS) as bench:
        return _healed(bench, kind, GATEWAYS, GATEWAYS)


def heal_plain(beats: int) -> float:
    with rig(devices=DEVICES) as bench:
        return _healed(bench, "backlog", DEVICES, DEVICES * beats)


def _healed(bench: Rig, kind: str, senders: int, messages: int) -> float:
    """From the first message to the last commit."""
    with bench.worker() as worker:
        before = committed([worker])
        started = time.perf_counter()
        told = bench.publish(kind, senders, messages)
        await_committed([worker], before + messages)
        seconds = time.perf_counter() - started
    truth: Truth = {}
    told_by_devices(told, truth)
    bench.must_be_covered(truth)
    return seconds


if __name__ == "__main__":
    for key, figure in measure().items():
        print(f"{key:44} {figure:12,.2f}")
