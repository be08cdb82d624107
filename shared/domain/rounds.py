"""Rounds by night: what a check-in attests, when the next one is due, and which night is whose.

Whoever comes by a round point checks in there with a phone. That is evidence of the point's device
for the minute before, like a heartbeat; how often somebody must come is an ordinary requirement in
which only round points count.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.gaps import Requirement
from shared.domain.heartbeat import SECOND_US
from shared.domain.intervals import Span
from shared.domain.schedule import local_day

#: So long before a check-in somebody was there.
_ATTESTED_US: Final = 60 * SECOND_US
#: Whoever checks in again within this time adds nothing.
ONCE_IN: Final = timedelta(minutes=1)
#: Nobody expects a round point to speak by itself: its registered interval says nothing.
INTERVAL_S: Final = 86_400.0
#: 192 random bits: nobody guesses the code on a wall.
_CODE_BYTES: Final = 24
_NOON: Final = time(12)


def attested(checked_us: int) -> tuple[int, int]:
    """The span of the point's device, in microseconds; what is too old of it is ingest's to say."""
    return checked_us - _ATTESTED_US, checked_us


def is_repeat(last_at: datetime | None, now: datetime) -> bool:
    """Whether somebody was there a moment ago; a clock that was put back keeps nobody out."""
    return last_at is not None and abs(now - last_at) < ONCE_IN


def new_code() -> str:
    """What a label says, this once."""
    return secrets.token_urlsafe(_CODE_BYTES)


def code_hash(code: str) -> bytes:
    """What is kept of it."""
    return hashlib.sha256(code.encode()).digest()


def night_of(on: date, zone: str) -> Span[datetime]:
    """The night that begins on a day: from its noon to the next."""
    return _noon(on, zone), _noon(on + timedelta(days=1), zone)


def night_at(now: datetime, zone: str) -> date:
    """On which day the night began that is now, or that comes next."""
    today = local_day(now, zone)
    return today if now >= _noon(today, zone) else today - timedelta(days=1)


def due_at(
    required: Iterable[Requirement], last_at: datetime | None, now: datetime
) -> datetime | None:
    """By when somebody must come by next; nothing, while nobody must.

    `required` binds without a break each, as `requirements.pieces` has it.
    """
    for piece in required:
        if piece.valid_from <= now and (piece.valid_to is None or now < piece.valid_to):
            due = max(piece.valid_from, last_at or piece.valid_from) + piece.max_gap
            return due if piece.valid_to is None or due < piece.valid_to else None
    return None


def _noon(on: date, zone: str) -> datetime:
    return datetime.combine(on, _NOON, ZoneInfo(zone)).astimezone(UTC)
