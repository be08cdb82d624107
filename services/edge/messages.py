"""A gateway's messages: heartbeats of all its devices, each message within the size limit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from services.edge.watch import NOTHING_READ, Reading, Watch, heartbeat
from shared.contracts.heartbeat import MAX_HEARTBEATS, encode

NO_READINGS: Final[Mapping[str, Reading]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Message:
    """One payload, and the watches it tells of."""

    payload: bytes
    watches: tuple[Watch, ...]


def packed(
    watches: Sequence[Watch],
    readings: Mapping[str, Reading] = NO_READINGS,
    *,
    limit: int = MAX_HEARTBEATS,
) -> Iterator[Message]:
    """As few messages as the limit allows, in the order given; empty watches say nothing."""
    entries: list[bytes] = []
    told: list[Watch] = []
    size = 2
    for watch in watches:
        if watch.is_empty:
            continue
        entry = encode(heartbeat(watch, readings.get(watch.device, NOTHING_READ)))
        if entries and size + len(entry) + 1 > limit:
            yield _message(entries, told)
            entries, told, size = [], [], 2
        entries.append(entry)
        told.append(watch)
        size += len(entry) + 1
    if entries:
        yield _message(entries, told)


def _message(entries: Sequence[bytes], told: Sequence[Watch]) -> Message:
    return Message(b"[" + b",".join(entries) + b"]", tuple(told))
