"""A gateway's messages: as few as the size allows, and no larger than the link bears."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shared.contracts.heartbeat import MAX_HEARTBEATS

SMALLEST: Final = 2 * 1024
#: A link not tried yet: the slowest worth having carries this much in some seconds.
FIRST: Final = 8 * 1024
QUICK_S: Final = 1.0
SLOW_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Message:
    """One payload, and the sequence numbers in it."""

    payload: bytes
    seqs: tuple[int, ...]


def packed(entries: Iterable[tuple[int, bytes]], limit: Callable[[], int]) -> Iterator[Message]:
    """The numbered entries in the order given; `limit` is asked anew for each."""
    chosen: list[tuple[int, bytes]] = []
    size = 2
    for seq, entry in entries:
        if chosen and size + len(entry) + 1 > limit():
            yield _message(chosen)
            chosen, size = [], 2
        chosen.append((seq, entry))
        size += len(entry) + 1
    if chosen:
        yield _message(chosen)


def _message(chosen: Sequence[tuple[int, bytes]]) -> Message:
    seqs, entries = zip(*chosen, strict=True)
    return Message(b"[" + b",".join(entries) + b"]", seqs)


def next_limit(limit: int, *, size: int, took_s: float) -> int:
    """A message must not hold up the next one for long; nor should there be more than needed."""
    if took_s > SLOW_S:
        return max(SMALLEST, min(limit, size) // 2)
    # A small one that was quick says nothing about a large one.
    if took_s < QUICK_S and size * 2 > limit:
        return min(MAX_HEARTBEATS, limit * 2)
    return limit
