"""Bytes of a fuzzer as a stream of messages, so that whatever it changes still is one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

SEPARATOR: Final = b"\xf5\xf6\xf7\xf8"
#: Bytes before the body of a record: place, flags, step, times.
HEADER: Final = 4
MOST_RECORDS: Final = 12
#: A message is repeated up to about this length: a little more than the longest that is read.
LONGEST: Final = 70_000
#: From here on `times` means a repetition, ever more; at last as much as is read.
_REPEATED: Final = 232
OFTEN: Final = 255


@dataclass(frozen=True, slots=True)
class Record:
    """One message: where to, under which circumstances, how much later than the one before."""

    place: int
    flags: int
    step: int
    body: bytes
    times: int = 0

    def packed(self) -> bytes:
        return bytes((self.place, self.flags, self.step, self.times)) + self.body

    @property
    def is_repeated(self) -> bool:
        return self.times >= _REPEATED and self.body != b""

    @property
    def payload(self) -> bytes:
        """The body, or so many of it that a small cause becomes a large message."""
        if not self.is_repeated:
            return self.body
        count = min(1 << (self.times - _REPEATED + 1), LONGEST // len(self.body))
        if self.body[:1] == b"[" and self.body[-1:] == b"]":
            return b"[" + b",".join([self.body[1:-1]] * count) + b"]"
        return self.body * count


def packed(records: Iterable[Record]) -> bytes:
    return SEPARATOR.join(record.packed() for record in records)


def unpacked(data: bytes) -> Iterator[Record]:
    """The records; of those that are repeated only the first is, for each may take its time."""
    may_repeat = True
    for raw in data.split(SEPARATOR)[:MOST_RECORDS]:
        if len(raw) >= HEADER:
            place, flags, step, times = raw[:HEADER]
            yield Record(place, flags, step, raw[HEADER:], times if may_repeat else 0)
            may_repeat = may_repeat and times < _REPEATED
