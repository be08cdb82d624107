"""The real ingest worker with places where it kills itself, by `kill -9`, at a chosen pass."""

import os
import signal
import time
from collections.abc import Callable, Sized
from enum import StrEnum
from typing import Any

import msgspec

from services.ingest import flush
from services.ingest.flush import Batch
from services.ingest.worker import Worker


class Point(StrEnum):
    """Where it strikes (FAULTS §2.1)."""

    BEFORE_PARSE = "F1"
    BEFORE_COMMIT = "F2"
    BEFORE_PUBACK = "F3"
    BEFORE_TELLING = "F4"
    MID_BATCH = "F5"


class Strike(msgspec.Struct, frozen=True):
    """Die there at the n-th pass; F5 strikes `delay_us` after that pass began."""

    point: Point
    at_pass: int
    delay_us: int = 0


def executioner() -> Callable[[int], None]:
    """A process of its own that kills us so many microseconds after it is told to.

    Our own threads could strike only where the interpreter lets them.
    """
    victim = os.getpid()
    ears, mouth = os.pipe()
    if os.fork() == 0:
        os.close(mouth)
        if order := os.read(ears, 8):
            time.sleep(int.from_bytes(order, "big") / 1e6)
            os.kill(victim, signal.SIGKILL)
        os._exit(0)
    os.close(ears)
    return lambda delay_us: void(os.write(mouth, delay_us.to_bytes(8, "big")))


def void(_: object) -> None:
    return


class Passes:
    """Counts how often the worker came by where it is to die."""

    def __init__(self, strike: Strike) -> None:
        self._strike = strike
        self._count = 0
        self._order_death = executioner() if strike.point is Point.MID_BATCH else void

    def by(self, point: Point, what: Sized) -> None:
        """Die here, if it is the point and the pass; with nothing at hand it is none."""
        if point is self._strike.point and what:
            self._count += 1
            if self._count == self._strike.at_pass:
                self._strike_down()

    def _strike_down(self) -> None:
        if self._strike.point is Point.MID_BATCH:
            self._order_death(self._strike.delay_us)
        else:
            os.kill(os.getpid(), signal.SIGKILL)


def struck(kind: type[Worker], strike: Strike) -> type[Worker]:
    """The worker, mortal. A pass is a heartbeat for F1, a flush that adds something for others."""
    passes = Passes(strike)

    class Mortal(kind):  # type: ignore[valid-type, misc] # any kind of worker
        def _receive(self, *heard: Any) -> None:
            passes.by(
                Point.BEFORE_PARSE,
                [part for part in heard if isinstance(part, str) and "/heartbeat" in part],
            )
            super()._receive(*heard)

        async def _write(self, batch: Batch) -> None:
            passes.by(Point.MID_BATCH, batch.hauls)
            await super()._write(batch)
            passes.by(Point.BEFORE_PUBACK, batch.hauls)

        def _acknowledge(self, batch: Batch) -> None:
            super()._acknowledge(batch)
            passes.by(Point.BEFORE_TELLING, batch.hauls)

    write = flush.write

    async def write_and_die(connection: Any, batch: Batch, **more: Any) -> None:
        await write(connection, batch, **more)
        passes.by(Point.BEFORE_COMMIT, batch.hauls)

    flush.write = write_and_die
    return Mortal
