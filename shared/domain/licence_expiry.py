"""How urgent the end of an operating licence is."""

from datetime import date
from enum import StrEnum
from typing import Final


class Urgency(StrEnum):
    """How near the end is; the order is that of concern."""

    EXPIRED = "expired"
    WITHIN_21_DAYS = "within_21_days"
    WITHIN_45_DAYS = "within_45_days"
    WITHIN_90_DAYS = "within_90_days"


#: Re-issuing takes 15 working days: at 21 days it must be under way, at 45 begun, at 90 known.
WARNED_AT: Final[tuple[tuple[int, Urgency], ...]] = (
    (0, Urgency.EXPIRED),
    (21, Urgency.WITHIN_21_DAYS),
    (45, Urgency.WITHIN_45_DAYS),
    (90, Urgency.WITHIN_90_DAYS),
)
LONGEST_DAYS: Final = WARNED_AT[-1][0]


def urgency(licence_to: date, *, today: date) -> Urgency | None:
    """`licence_to` is the first day without it; nothing while that is far away."""
    left = days_left(licence_to, today=today)
    return next((one for days, one in WARNED_AT if left <= days), None)


def days_left(licence_to: date, *, today: date) -> int:
    """Days on which it is still valid, today included; negative once it has ended."""
    return (licence_to - today).days
