"""When a device's password holds, and what becomes of the old one when there is a new one: pure.

waiting ──not_before──▶ in force ──not_after, or revoked──▶ ended
    └───────────────────── revoked ────────────────────────────┘
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: So long the old password holds beside the new one, if nothing else is said: somebody has to walk
#: to the device.
OVERLAP: Final = timedelta(hours=24)
LONGEST_OVERLAP: Final = timedelta(days=90)
#: The one in use, the next one, and one that somebody has lost.
MOST_IN_FORCE: Final = 4


class Standing(StrEnum):
    """Whether the broker takes a password."""

    WAITING = "waiting"
    IN_FORCE = "in_force"
    ENDED = "ended"


class Ending(StrEnum):
    """Why a password holds no more."""

    #: Its time had come: mostly because there is a newer one.
    EXPIRED = "expired"
    REVOKED = "revoked"
    ROTATED = "rotated"
    #: Other hardware stands in its device's place.
    REPLACED = "replaced"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Term:
    """Half-open: from `not_before` until before `not_after`, if it ever ends."""

    not_before: datetime
    not_after: datetime | None = None
    revoked_at: datetime | None = None

    def standing(self, now: datetime) -> Standing:
        if self.revoked_at is not None or (self.not_after is not None and self.not_after <= now):
            return Standing.ENDED
        return Standing.WAITING if now < self.not_before else Standing.IN_FORCE


def end_of_old(old: Term, *, new_from: datetime, overlap: timedelta) -> datetime:
    """Until when an old password holds beside one that begins at `new_from`: never longer."""
    end = new_from + overlap
    return end if old.not_after is None else min(old.not_after, end)
