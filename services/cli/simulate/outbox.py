"""What was sent and is not settled: unanswered by the broker, or not yet acknowledged end to end.

sent ──broker: delivered──▶ delivered ──acknowledged──▶ settled, forgotten
  │                            └──no acknowledgement in time──▶ sent again
  ├──broker: not delivered──▶ undelivered (or sent again, if it can be acknowledged)
  └──connection lost──▶ sent again on the next one
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from shared.contracts.acknowledgement import Acknowledged
from shared.domain.heartbeat import SECOND_US

DELIVERED: Final = 0
#: A system that is merely slow must not be flooded with what it has already.
AGAIN_AFTER_US: Final = 10 * SECOND_US
#: Kept for sending again; beyond, the oldest is given up.
MOST_KEPT: Final = 200_000


@dataclass(slots=True)
class Letter:
    """One message. `awaited` are the numbers of its boot that are not acknowledged yet."""

    n: int
    line: int
    topic: str
    payload: bytes
    sent_us: int
    boot: str = ""
    awaited: set[int] = field(default_factory=set)
    is_delivered: bool = False
    was_ever_delivered: bool = False


class Outbox:
    """The letters of a run, by their numbers."""

    def __init__(self) -> None:
        self._letters: dict[int, Letter] = {}
        self._awaited: dict[str, dict[int, int]] = {}
        #: Messages, however often each was sent.
        self.delivered = 0
        self.given_up = 0

    def __len__(self) -> int:
        return len(self._letters)

    def __getitem__(self, n: int) -> Letter:
        return self._letters[n]

    def put(self, letter: Letter) -> None:
        """It was sent. A number that is awaited already is not awaited twice."""
        self._letters[letter.n] = letter
        if letter.awaited:
            known = self._awaited.setdefault(letter.boot, {})
            letter.awaited = {seq for seq in letter.awaited if seq not in known}
            known.update(dict.fromkeys(letter.awaited, letter.n))
        if len(self._letters) > MOST_KEPT:
            self._forget(next(iter(self._letters)))
            self.given_up += 1

    def answered(self, n: int, code: int) -> None:
        letter = self._letters.get(n)
        if letter is None:
            return
        letter.is_delivered = code == DELIVERED
        if letter.is_delivered:
            self._count(letter)
        if not letter.awaited:
            del self._letters[n]

    def number_of(self, boot: str, seq: int) -> int | None:
        """Which letter that is an entry of, while it is awaited."""
        return self._awaited.get(boot, {}).get(seq)

    def acknowledged(self, told: Acknowledged) -> list[int]:
        """The letters of which now everything is acknowledged."""
        awaited = self._awaited.get(told.boot, {})
        done: list[int] = []
        for first, last in told.seq:
            # Whatever we are told, it is no more work than there are letters.
            is_short = last - first < len(awaited)
            for seq in range(first, last + 1) if is_short else sorted(awaited):
                if not first <= seq <= last or (n := awaited.pop(seq, None)) is None:
                    continue
                letter = self._letters[n]
                letter.awaited.discard(seq)
                if not letter.awaited:
                    self._count(letter)
                    del self._letters[n]
                    done.append(n)
        return done

    def unanswered(self, line: int) -> list[int]:
        """What a lost connection leaves open, oldest first."""
        return [n for n, x in self._letters.items() if x.line == line and not x.is_delivered]

    def overdue(self, now_us: int, *, most: int) -> list[int]:
        """What should have been acknowledged by now, the longest sent first."""
        return list(islice(self._overdue(now_us), most))

    def again(self, numbers: Sequence[int], now_us: int) -> list[Letter]:
        """These are sent once more: they go to the end of the queue."""
        letters: list[Letter] = []
        for n in numbers:
            letter = self._letters.pop(n)
            letter.sent_us, letter.is_delivered = now_us, False
            self._letters[n] = letter
            letters.append(letter)
        return letters

    def _count(self, letter: Letter) -> None:
        self.delivered += not letter.was_ever_delivered
        letter.was_ever_delivered = True

    def _overdue(self, now_us: int) -> Iterator[int]:
        for n, letter in self._letters.items():
            if letter.sent_us + AGAIN_AFTER_US > now_us:
                return
            if letter.awaited:
                yield n

    def _forget(self, n: int) -> None:
        letter = self._letters.pop(n)
        known = self._awaited.get(letter.boot, {})
        for seq in letter.awaited:
            known.pop(seq, None)
