"""How long from publishing to committed, as the end-to-end acknowledgement shows it.

Open loop: messages are due at fixed moments, whatever the system does, and the time counts from
when one was due. Alone, and while one device floods with what is worst for others.
"""

import asyncio
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop

from shared.contracts import acknowledgement
from shared.runtime.mqtt_session import Login, MqttSession
from tests.bench.ingest.kinds import BOOT, FIRST_SEQ, now_ms
from tests.bench.ingest.rig import LOAD, PER_FACILITY, Rig, code_of, facility_of, rig

DEVICES = 1_008
PER_SECOND = 2_000
#: The floods come from a facility of their own.
FLOODERS = PER_FACILITY
FIRST_FLOODER = DEVICES
SECONDS = 12
#: At first connections are made, and buffers filled.
WARM_UP_S = 2
FLOODS = ("garbage", "poison", "huge")
EVERY_S = 0.005
LOST_AFTER_S = 60


def measure() -> dict[str, float]:
    facilities = (DEVICES + FLOODERS) // PER_FACILITY
    with rig(devices=facilities * PER_FACILITY, gateways=facilities) as bench, bench.worker():
        alone = uvloop.run(Load(bench).run())
        under = {kind: _under(bench, kind) for kind in FLOODS}
        refused = bench.ask("SELECT coalesce(sum(count), 0) FROM quarantine")
    if refused < 1_000 * len(FLOODS):
        raise SystemExit(f"only {refused} messages of the floods were refused: no flood at all")
    p50, p99 = percentiles(alone)
    flooded = {kind: percentiles(times) for kind, times in under.items()}
    return {
        "ingest.committed_p50_ms": p50,
        "ingest.committed_p99_ms": p99,
        **{f"ingest.flood_{kind}_p99_ms": figures[1] for kind, figures in flooded.items()},
        "ingest.flood_p99_ratio": max(figures[1] for figures in flooded.values()) / p99,
        "ingest.flood_p50_ratio": max(figures[0] for figures in flooded.values()) / p50,
    }


def _under(bench: Rig, kind: str) -> list[float]:
    with _flood(bench, kind):
        return uvloop.run(Load(bench).run())


@contextmanager
def _flood(bench: Rig, kind: str) -> Iterator[None]:
    """One device as fast as its link, for as long as the others are measured."""
    command = bench.publisher(f"flood-{kind}", FIRST_FLOODER, 0)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as flood:
        try:
            time.sleep(1)
            yield
            if flood.poll() is not None:
                raise SystemExit(f"the flood of {kind} ended by itself with {flood.returncode}")
        finally:
            flood.kill()


def percentiles(times_ms: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times_ms, n=100)
    return cuts[49], cuts[98]


class Load:
    """A steady load of good devices, and when each message was acknowledged end to end."""

    def __init__(self, bench: Rig) -> None:
        self._bench = bench
        self._since_ms = now_ms() - 1_000
        self._due_s: list[float] = []
        self._took_ms: dict[int, float] = {}
        self._all_heard = asyncio.Event()
        #: Numbers go on from one load to the next, and boots differ.
        self._boot = f"{BOOT.decode()}-{now_ms()}"
        self._topics = [
            f"giamsat/v1/{facility_of(n)}/{code_of(n)}/heartbeat" for n in range(DEVICES)
        ]

    async def run(self) -> list[float]:
        """Milliseconds of every message but the first ones'."""
        session = MqttSession(self._hear)
        broker = self._bench.broker
        await session.connect(
            Login(broker.host, broker.port, f"load-{now_ms()}", LOAD, LOAD, expiry_s=0)
        )
        await session.subscribe(["giamsat/v1/+/+/ack"])
        await self._send(session)
        async with asyncio.timeout(LOST_AFTER_S):
            await self._all_heard.wait()
        session.end()
        return [took for number, took in self._took_ms.items() if number > WARM_UP_S * PER_SECOND]

    async def _send(self, session: MqttSession) -> None:
        began = time.perf_counter()
        total = SECONDS * PER_SECOND
        while len(self._due_s) < total:
            due = min(int((time.perf_counter() - began) * PER_SECOND), total)
            for number in range(len(self._due_s), due):
                self._due_s.append(began + number / PER_SECOND)
                session.publish(self._topics[number % DEVICES], self._payload(number))
            await asyncio.sleep(EVERY_S)

    def _payload(self, number: int) -> bytes:
        at_ms = now_ms()
        return b'{"at":%d,"since":%d,"boot":"%b","seq":%d}' % (
            at_ms, self._since_ms, self._boot.encode(), FIRST_SEQ + number,
        )  # fmt: skip

    def _hear(self, topic: str, payload: bytes, *_: object) -> None:
        heard_s = time.perf_counter()
        for entry in acknowledgement.decode(payload):
            if entry.boot != self._boot:
                continue
            if entry.refused:
                raise SystemExit(f"{topic}: a good message was refused: {entry.refused}")
            for first, last in entry.seq:
                for number in range(first - FIRST_SEQ, last + 1 - FIRST_SEQ):
                    took_ms = (heard_s - self._due_s[number]) * 1_000
                    self._took_ms.setdefault(number, took_ms)
        if len(self._took_ms) == SECONDS * PER_SECOND:
            self._all_heard.set()


if __name__ == "__main__":
    for key, figure in measure().items():
        print(f"{key:44} {figure:12,.2f}")
