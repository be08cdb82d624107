"""What was claimed and what was acknowledged, on disk before anything rests on it.

The one record outside the system. It is also the senders' journal: what is claimed and not
acknowledged is sent again.
"""

import asyncio
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import msgspec

Key: TypeAlias = tuple[str, int]


class Proof(StrEnum):
    """How it is signed: not at all, with the device's key, or with some other key."""

    NONE = "none"
    GOOD = "good"
    FORGED = "forged"


class Claim(msgspec.Struct, frozen=True, tag="claim"):
    """A heartbeat as its device means it. `said_us` is our clock before it was first published.

    `since_us` may be left out. `ahead_us`: how much the device's clock is ahead of ours; both
    instants are as that clock has them.
    """

    sender: str
    device: str
    boot: str
    seq: int
    since_us: int | None
    at_us: int
    state: str
    said_us: int
    ahead_us: int = 0
    is_retained: bool = False
    proof: Proof = Proof.NONE

    @property
    def key(self) -> Key:
        return self.boot, self.seq


class Told(msgspec.Struct, frozen=True, tag="told"):
    """An end-to-end acknowledgement of one claim, as it reached its sender."""

    boot: str
    seq: int
    told_us: int
    refused: str | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Claim | Told).decode


@dataclass(slots=True)
class Record:
    """Everything written so far, by boot and sequence number."""

    claims: dict[Key, Claim] = field(default_factory=dict)
    told: dict[Key, Told] = field(default_factory=dict)

    def add(self, entry: Claim | Told) -> None:
        if isinstance(entry, Claim):
            self.claims[entry.key] = entry
        else:
            self.told.setdefault((entry.boot, entry.seq), entry)

    @property
    def untold(self) -> list[Claim]:
        """What is sent without the retain flag is acknowledged sooner or later."""
        return [
            claim
            for key, claim in self.claims.items()
            if key not in self.told and not claim.is_retained
        ]


class Ledger:
    """An append-only file, and the same in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.record = Record()
        self._file = path.open("ab")
        self._writer = ThreadPoolExecutor(max_workers=1)
        self._waiting: list[bytes] = []

    def add(self, entries: Iterable[Claim | Told]) -> None:
        """Takes effect with the next `sync`."""
        for entry in entries:
            self.record.add(entry)
            self._waiting.append(_encode(entry) + b"\n")

    async def sync(self) -> None:
        """Returns when all that was added is on disk."""
        data, self._waiting = b"".join(self._waiting), []
        # One after the other, and to the end, also if waiting for it is cancelled.
        loop = asyncio.get_running_loop()
        await asyncio.shield(loop.run_in_executor(self._writer, self._write, data))

    def _write(self, data: bytes) -> None:
        if data:
            self._file.write(data)
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._writer.shutdown()
        self._file.close()


def read(path: Path) -> Record:
    """What is on disk, as a sender finds it after a loss of power."""
    record = Record()
    for line in path.read_bytes().splitlines():
        record.add(_decode(line))
    return record
