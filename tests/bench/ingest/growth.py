"""What a heartbeat costs, and a device, from a thousand devices to a million.

In one process, without broker and database: read, judged, merged, taken for the flush, learned as
committed. Each size in a process of its own, `python -m tests.bench.ingest.growth DEVICES`.
"""

import gc
import json
import subprocess
import sys
import time

import psutil

from services.ingest.__main__ import COLLECT_AFTER
from services.ingest.inbox import Inbox
from services.ingest.post import Post
from services.ingest.track import Site, Track
from shared.contracts import topics
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import SECOND_US, default_length_us
from tests.bench.ingest.rig import PER_FACILITY, code_of, facility_of

SIZES = (1_000, 10_000, 100_000, 1_000_000)
#: At least so many heartbeats are measured, and each device has spoken before.
HEARTBEATS = 100_000
INTERVAL_S = 30
#: What one flush takes at 250 ms and 20,000 messages, whichever comes first.
FLUSH_AT = 20_000
BEGUN_US = 1_800_000_000 * SECOND_US


def measure() -> dict[str, float]:
    figures: dict[str, float] = {}
    for devices in SIZES:
        command = [sys.executable, "-m", "tests.bench.ingest.growth", str(devices)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=300)
        figures |= json.loads(done.stdout)
    small, large = (figures[f"ingest.us_per_heartbeat_{name}"] for name in ("1k", "1m"))
    return {**figures, "ingest.us_per_heartbeat_1m_vs_1k": large / small}


def of_size(devices: int) -> dict[str, float]:
    gc.set_threshold(*COLLECT_AFTER)
    before = _rss()
    worker = Simulation(devices)
    worker.one_round()
    gc.collect()
    each = (_rss() - before) / devices
    apart = max(1, devices // HEARTBEATS)
    rounds = max(1, HEARTBEATS // devices)
    cost_us = sum(worker.one_round(apart) for _ in range(rounds)) / rounds / devices * apart * 1e6
    if worker.credited_us != devices * (1 + rounds / apart) * INTERVAL_S * SECOND_US:
        raise SystemExit("not all was credited: the figures mean nothing")
    name = f"{devices // 1_000}k" if devices < 1_000_000 else f"{devices // 1_000_000}m"
    return {
        f"ingest.us_per_heartbeat_{name}": cost_us,
        f"ingest.bytes_per_device_{name}": each,
    }


class Simulation:
    """An inbox with devices on record that beat in turn; its clock goes with them."""

    def __init__(self, devices: int) -> None:
        self._now_us = BEGUN_US
        self._topics: list[str] = []
        tracks: dict[str, Track] = {}
        site = Site("", "Asia/Ho_Chi_Minh")
        for number in range(devices):
            if number % PER_FACILITY == 0:
                site = Site(facility_of(number), "Asia/Ho_Chi_Minh")
            track = _track(number, site)
            topic = topics.of(site.code, track.code, Leaf.HEARTBEAT)
            tracks[topic] = site.devices[track.code] = track
            self._topics.append(topic)
        self._inbox = Inbox(tracks, lambda: self._now_us)
        self._post = Post(0, 0)
        self.credited_us = 0
        self._seq = 0

    def one_round(self, apart: int = 1) -> float:
        """Every device, or one of so many, beats once in an interval; the CPU seconds it took."""
        speaking = self._topics[::apart]
        spent = 0.0
        for first in range(0, len(speaking), FLUSH_AT):
            named = speaking[first : first + FLUSH_AT]
            self._now_us += INTERVAL_S * SECOND_US * len(named) // len(speaking)
            said = self._payloads(len(named))
            # As from the broker: the name of a topic is a new string each time.
            heard = [(name + " ")[:-1] for name in named]
            began = time.process_time()
            for topic, payload in zip(heard, said, strict=True):
                self._inbox.receive(self._post, topic, payload, 1, False)
            self._flush()
            spent += time.process_time() - began
        return spent

    def _payloads(self, count: int) -> list[bytes]:
        at_ms = self._now_us // 1_000
        payloads = []
        for _ in range(count):
            self._seq += 1
            payloads.append(
                b'{"at":%d,"since":%d,"boot":"0123456789abcdef","seq":%d,"sent":%d,"rssi":-61}'
                % (at_ms, at_ms - INTERVAL_S * 1_000, self._seq, at_ms)
            )
        self._post.arrived_after_us = self._now_us - SECOND_US
        return payloads

    def _flush(self) -> None:
        batch = self._inbox.empty([], None)
        for haul in batch.hauls:
            self.credited_us += sum(end - start for start, end in haul.watched)
            haul.commit()
        for _ in batch.acks.messages():
            pass
        self._post.packet_ids = []


def _track(number: int, site: Site) -> Track:
    return Track(
        number,
        code_of(number),
        site,
        default_us=default_length_us(INTERVAL_S),
        registered_us=BEGUN_US - 86_400 * SECOND_US,
    )


def _rss() -> int:
    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    print(json.dumps(of_size(int(sys.argv[1])) if sys.argv[1:] else measure(), indent=1))
