"""Signs that somebody pretends, counted by device and kind until the next flush."""

from dataclasses import dataclass

from services.ingest.track import Track
from shared.domain.states import Refusal


@dataclass(slots=True)
class SecurityEvent:
    """What was seen of one device since the last flush."""

    track: Track
    kind: Refusal
    count: int
    first_us: int
    last_us: int


class SecurityEvents:
    """One entry a device and kind."""

    def __init__(self) -> None:
        self._events: dict[tuple[Track, Refusal], SecurityEvent] = {}

    def add(self, track: Track, kind: Refusal, received_us: int) -> None:
        event = self._events.get((track, kind))
        if event is None:
            event = SecurityEvent(track, kind, 0, received_us, received_us)
            self._events[track, kind] = event
        event.count += 1
        event.last_us = received_us

    def take(self) -> list[SecurityEvent]:
        """All of them, in one order for all workers."""
        events = sorted(self._events.values(), key=lambda one: (one.track.device_id, one.kind))
        self._events = {}
        return events
