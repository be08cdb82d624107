"""Security events in words: what happened, and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.api.console import words
from services.api.security.schemas import SecurityEventOut
from shared.i18n import Translator

#: As many as a page shows; there is one a device, kind and day.
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class EventRow:
    """What one device was refused on one day."""

    what: str
    advice: str
    device_code: str
    device_name: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What a page shows of security events."""

    rows: tuple[EventRow, ...]
    #: Whether there are more.
    is_cut: bool


def told(
    events: Sequence[SecurityEventOut], device_names: Mapping[str, str], t: Translator
) -> Told:
    """A device that was retired since goes by its code."""
    rows = [
        EventRow(
            what=t.gettext(words.REFUSALS[one.kind][0]),
            advice=t.gettext(words.REFUSALS[one.kind][1]),
            device_code=one.device,
            device_name=device_names.get(one.device, one.device),
            count=one.count,
            first_at=one.first_at,
            last_at=one.last_at,
        )
        for one in events[:MOST]
    ]
    return Told(tuple(rows), is_cut=len(events) > MOST)
