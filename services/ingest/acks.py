"""Which numbered messages the batch at hand settles, by who sent them: told after the commit."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from shared.contracts import acknowledgement, topics
from shared.contracts.acknowledgement import MAX_ACKNOWLEDGEMENT
from shared.contracts.topics import Leaf
from shared.domain.states import Refusal

#: The sender should say it again: nothing of it was kept, or its clock must be put right first.
UNSETTLED: Final = frozenset({Refusal.THROTTLED, Refusal.CLOCK_BEHIND})

#: (facility, device) of whoever published.
Sender = tuple[str, str]


class Acks:
    """Sequence numbers by sender and boot, until the flush takes them."""

    def __init__(self) -> None:
        self._committed: dict[Sender, dict[str, list[int]]] = defaultdict(_by_boot)
        self._refused: dict[Sender, dict[str, list[tuple[int, Refusal]]]] = {}

    def add(self, sender: Sender, boot: str, seq: int, refusal: Refusal | None) -> None:
        if refusal is not None:
            if refusal in UNSETTLED:
                return
            self._refused.setdefault(sender, {}).setdefault(boot, []).append((seq, refusal))
        self._committed[sender][boot].append(seq)

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """(topic, payload) for each sender; more than one where one would be too long."""
        for sender, boots in self._committed.items():
            topic = topics.of(*sender, Leaf.ACK)
            entries = acknowledgement.of(boots, self._refused.get(sender, {}))
            payload = acknowledgement.encode(entries)
            if len(payload) <= MAX_ACKNOWLEDGEMENT:
                yield topic, payload
            else:
                yield from ((topic, acknowledgement.encode([one])) for one in _short(entries))


def _by_boot() -> dict[str, list[int]]:
    return defaultdict(list)


def _short(
    entries: list[acknowledgement.Acknowledged],
) -> Iterator[acknowledgement.Acknowledged]:
    """The same in pieces that are certainly short enough."""
    for entry in entries:
        for at in range(0, max(len(entry.seq), 1), _RANGES):
            ranges = entry.seq[at : at + _RANGES]
            low, high = ranges[0][0], ranges[-1][1]
            refused = tuple(one for one in entry.refused if low <= one.seq <= high)
            yield acknowledgement.Acknowledged(entry.boot, ranges, refused[:_REFUSED])


#: Forty-odd bytes a range, sixty a refusal: together below the limit.
_RANGES: Final = 800
_REFUSED: Final = 400
