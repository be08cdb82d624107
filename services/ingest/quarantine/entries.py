"""What could not be credited, counted by topic and reason until the next flush.

The first bytes are kept to look at, whole messages for a replay after the cause was mended. Neither
ever holds a picture, and both are bounded, so that no flood can fill the memory or the database.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from services.ingest.quarantine import sample
from shared.contracts import topics
from shared.domain.states import Refusal

#: A device may use a topic of any length and content below its own; this much of it is kept.
TOPIC_BYTES: Final = 200
#: The most topics told apart within one flush; a flood of others is counted under one name.
MOST_TOPICS: Final = 1_000
MANY: Final = "(many other topics)"
#: So many topics of its own a device may invent and see named; the rest share one row a reason.
MOST_OF_ONE: Final = 20
OTHERS: Final = "(others)"
#: Refusals whose cause can be mended, after which the same message may count.
MENDABLE: Final = frozenset(
    {
        Refusal.UNREADABLE,
        Refusal.UNKNOWN_DEVICE,
        Refusal.UNMAPPED,
        Refusal.UNSIGNED,
        Refusal.WRONG_SIGNATURE,
        Refusal.NOT_A_GATEWAY,
        Refusal.CLOCK_BEHIND,
        Refusal.UNEXPECTED,
        Refusal.WRONG_TOPIC,
    }
)
#: Whole messages kept of one topic and reason within one flush, and bytes of all in one flush.
MOST_KEPT: Final = 50
MOST_KEPT_BYTES: Final = 1 << 20
PICTURE: Final = "(a picture)"
_PICTURES: Final = f"/{topics.Leaf.FRAME}"
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
    #: (received at, payload) of some whole messages.
    kept: list[tuple[int, bytes]] = field(default_factory=list)
    #: How the last one began, unless it was a picture: its sample is made of it.
    last: bytes | None = None

    @property
    def sender(self) -> tuple[str, str] | None:
        """(facility, device), if the topic says so with proper codes."""
        sender = topics.sender(self.topic)
        return sender if sender and all(map(_CODE.match, sender)) else None


class Quarantine:
    """Refused messages since the last flush."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, Refusal], Entry] = {}
        self._kept_bytes = 0
        self._seen: dict[str, set[str]] = {}
        #: What the last messages were put under, and whether they may be kept: a flood repeats.
        self._known: dict[tuple[str, Refusal], tuple[Entry, bool]] = {}

    def add(self, topic: str, reason: Refusal, payload: bytes, *, received_us: int) -> None:
        known = self._known.get((topic, reason))
        if known is None:
            known = self._sort(topic, reason, received_us)
        entry, may_be_kept = known
        entry.count += 1
        entry.last_us = received_us
        if may_be_kept and len(entry.kept) < MOST_KEPT:
            self._keep(entry, payload, received_us)
        is_picture = topic.endswith(_PICTURES)
        entry.last = None if is_picture else payload[: sample.SAMPLE_BYTES]

    def _sort(self, topic: str, reason: Refusal, received_us: int) -> tuple[Entry, bool]:
        """Where messages of this topic go, and whether one may be kept for a replay."""
        name = topic.encode(errors="replace")
        shown = self._named(sample.printable(name, TOPIC_BYTES))
        if (shown, reason) not in self._entries and len(self._entries) >= MOST_TOPICS:
            shown = MANY
        entry = self._entries.get((shown, reason))
        if entry is None:
            entry = Entry(shown, reason, "", 0, received_us, received_us)
            self._entries[shown, reason] = entry
        # A name that was cut, or that stands for many topics, can be replayed to none of them.
        is_own = shown.encode() == name and not topic.endswith(_PICTURES)
        known = entry, reason in MENDABLE and is_own
        if len(self._known) < MOST_TOPICS:
            self._known[topic, reason] = known
        return known

    def _keep(self, entry: Entry, payload: bytes, received_us: int) -> None:
        is_room = self._kept_bytes + len(payload) <= MOST_KEPT_BYTES
        if is_room:
            entry.kept.append((received_us, payload))
            self._kept_bytes += len(payload)

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
        for entry in entries:
            entry.sample = PICTURE if entry.last is None else sample.of(entry.last)
        self._entries, self._known = {}, {}
        self._kept_bytes = 0
        return entries
