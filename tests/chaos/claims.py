"""What the devices of a run attest: seeded, with holes, so that neither loss nor invention hides.

Within one boot a higher number never attests an earlier time, as the protocol asks.
"""

import random
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from tests.chaos.ledger import Claim, Proof
from tests.chaos.model import DAY, HOUR, OFFSET, SECOND

FAULTS: Final = ("signal_loss", "dark", "bright", "blurry", "covered", "moved", "frozen", "noisy")
MINUTE: Final = 60 * SECOND


@dataclass(slots=True)
class Voice:
    """A device: its name, its boot and how far it has counted."""

    sender: str
    device: str
    rng: random.Random
    proof: Proof = Proof.NONE
    boots: int = 0
    seq: int = 0
    _boot: str = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.boots += 1
        self.seq = 0
        self._boot = f"{self.device}.{self.boots}.{self.rng.getrandbits(64):016x}"

    def claim(self, since_us: int | None, at_us: int, said_us: int, state: str = "ok") -> Claim:
        self.seq += 1
        return Claim(
            self.sender,
            self.device,
            self._boot,
            self.seq,
            since_us,
            at_us,
            state,
            said_us,
            proof=self.proof,
        )

    def state(self) -> str:
        """Mostly well."""
        return self.rng.choice(FAULTS) if self.rng.random() < 0.2 else "ok"


class Tape(Protocol):
    """Where a device's claims come from; nothing if it has nothing to say now."""

    voice: Voice

    def next(self, now_us: int) -> Claim | None: ...


@dataclass(slots=True)
class Past:
    """A backlog from some instant on, in pieces from a microsecond to twenty minutes."""

    voice: Voice
    at_us: int

    def next(self, now_us: int) -> Claim | None:
        rng = self.voice.rng
        since_us = self.at_us
        at_us = since_us + self._length()
        if at_us > now_us - MINUTE:
            return None
        if rng.random() < 0.02:
            self.voice.restart()
        if rng.random() < 0.1:
            since_us -= rng.randrange(5 * SECOND)
        if rng.random() < 0.02:
            at_us = since_us = self.at_us  # Nothing at all: refused, and acknowledged.
        self.at_us = at_us + (
            rng.choice((1, 1000, SECOND, 7 * SECOND)) if rng.random() < 0.3 else 0
        )
        return self.voice.claim(since_us, at_us, now_us, self.voice.state())

    def _length(self) -> int:
        rng = self.voice.rng
        most = rng.choice((100, 10_000, SECOND, 10 * SECOND, MINUTE, 20 * MINUTE))
        return rng.randint(1, most)


@dataclass(slots=True)
class Live:
    """Now, and now again; sometimes it looked away in between. Its clock may be ahead."""

    voice: Voice
    ahead_us: int = 0
    is_retained: bool = False
    every_us: int = 0
    _at_us: int = 0

    def next(self, now_us: int) -> Claim | None:
        if now_us < self._at_us + self.every_us:
            return None
        since_us, self._at_us = self._at_us or now_us - SECOND, now_us
        if self.voice.rng.random() < 0.2:
            return None
        claim = self.voice.claim(
            since_us + self.ahead_us, now_us + self.ahead_us, now_us, self.voice.state()
        )
        return msgspec.structs.replace(claim, ahead_us=self.ahead_us, is_retained=self.is_retained)


@dataclass(slots=True)
class Plain:
    """A radio sensor: it says only when, and reaches back by its registered interval."""

    voice: Voice
    every_us: int
    _next_us: int = 0

    def next(self, now_us: int) -> Claim | None:
        if now_us < self._next_us:
            return None
        self._next_us = now_us + self.every_us
        return self.voice.claim(None, now_us, now_us)


@dataclass(slots=True)
class Future:
    """A clock that is far ahead, by an hour or by ten years."""

    voice: Voice

    def next(self, now_us: int) -> Claim | None:
        ahead_us = HOUR if self.voice.seq < 20 else 3650 * DAY
        claim = self.voice.claim(now_us, now_us + ahead_us, now_us)
        return msgspec.structs.replace(claim, ahead_us=ahead_us)


def midnight_us(now_us: int, *, days_ago: int) -> int:
    """The beginning of a day in Viet Nam."""
    return ((now_us + OFFSET) // DAY - days_ago) * DAY - OFFSET
