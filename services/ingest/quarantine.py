"""What could not be credited, counted by topic and reason until the next flush."""

import re
from dataclasses import dataclass
from typing import Final

from shared.contracts import topics
from shared.domain.states import Refusal

#: How much of a message is kept: enough to see what kind of thing it was.
SAMPLE_BYTES: Final = 96
#: A device may use a topic of any length and content below its own; this much of it is kept.
TOPIC_BYTES: Final = 200
#: The most topics told apart within one flush; a flood of others is counted under one name.
MOST_TOPICS: Final = 1_000
MANY: Final = "(many other topics)"
#: So many topics of its own a device may invent and see named; the rest share one row a reason.
MOST_OF_ONE: Final = 20
OTHERS: Final = "(others)"
_CODE = re.compile(topics.CODE_PATTERN)


@dataclass(slots=True)
class Entry:
    """Messages of one topic refused for one reason."""

    topic: str
    reason: Refusal
    sample: str
    count: int
    first_us: int
    last_us: int

    @property
    def address(self) -> topics.Address | None:
        """Whose it is, if the topic says so with proper codes."""
        address = topics.parse(self.topic)
        if address and _CODE.match(address.facility) and _CODE.match(address.device):
            return address
        return None


class Quarantine:
    """Refused messages since the last flush."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, Refusal], Entry] = {}
        self._seen: dict[str, set[str]] = {}

    def add(self, topic: str, reason: Refusal, payload: bytes, *, received_us: int) -> None:
        topic = self._named(printable(topic.encode(errors="replace"), TOPIC_BYTES))
        key = (topic, reason)
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) >= MOST_TOPICS:
                topic = MANY
                key = (MANY, reason)
            entry = self._entries.setdefault(
                key, Entry(topic, reason, "", 0, received_us, received_us)
            )
        entry.sample = printable(payload, SAMPLE_BYTES)
        entry.count += 1
        entry.last_us = received_us

    def _named(self, topic: str) -> str:
        """The topic, or its place with `(others)` if the device has invented too many."""
        place = "/".join(topic.split("/")[:4])
        seen = self._seen.setdefault(place, set())
        if topic in seen or len(seen) < MOST_OF_ONE:
            seen.add(topic)
            return topic
        return f"{place}/{OTHERS}"

    def take(self) -> list[Entry]:
        """All entries, in one order for all workers, so that their flushes cannot deadlock."""
        entries = sorted(self._entries.values(), key=lambda entry: (entry.topic, entry.reason))
        self._entries = {}
        return entries


def printable(data: bytes, length: int) -> str:
    """The first bytes, as text anybody can look at and no database refuses."""
    text = data[:length].decode("utf-8", errors="backslashreplace")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
