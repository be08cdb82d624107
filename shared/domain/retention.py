"""How long what is kept, and what may go: nothing younger than its policy, nothing on hold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

#: Months that are made before they begin, and one that is over: evidence comes late.
MONTHS_AHEAD: Final = 3
MONTHS_BACK: Final = 1
_ONE_DAY: Final = timedelta(days=1)


class Dataset(StrEnum):
    """What is kept for a time of its own."""

    DEVICE_DAY = "device_day"
    DEVICE_FAULT = "device_fault"
    BLIND_SPAN = "blind_span"
    DEVICE_CONDITION = "device_condition"
    SECURITY_EVENT = "security_event"
    QUARANTINE = "quarantine"
    QUARANTINE_MESSAGE = "quarantine_message"
    SESSION = "session"
    GAP = "gap"
    INCIDENT = "incident"
    EVENT = "event"
    INCIDENT_ACTION = "incident_action"
    ACKNOWLEDGEMENT = "acknowledgement"
    NOTIFICATION = "notification"
    DELIVERY_ATTEMPT = "delivery_attempt"
    SMS_RECEIPT = "sms_receipt"
    SMS_INBOUND = "sms_inbound"
    PERSON_TEXT = "person_text"
    PERSON_MAIL = "person_mail"
    WEBHOOK_CALL = "webhook_call"
    CONTACT_POINT = "contact_point"


#: The record itself: what was missing, what was done about it. No policy lets these go.
RECORD: Final = frozenset(
    {
        Dataset.GAP, Dataset.INCIDENT, Dataset.EVENT, Dataset.INCIDENT_ACTION,
        Dataset.ACKNOWLEDGEMENT,
    }
)  # fmt: skip
#: That somebody was told, and when, is of the record; in which words and where is not for ever.
EMPTIED: Final = frozenset({Dataset.NOTIFICATION, Dataset.CONTACT_POINT})
#: Parted by month, and let go by the month.
BY_MONTH: Final = (Dataset.DEVICE_DAY, Dataset.DEVICE_FAULT)


@dataclass(frozen=True, slots=True)
class Keep:
    """For how long: so many months of the calendar, and so many days."""

    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing of these local days may go, both of them included; without an end, none after."""

    first_day: date
    last_day: date | None
    facility_id: int | None
    """Absent: of every facility."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a table: the days [first, end). Without a first day, all before the end.

    A part without an end takes whatever has no place in another.
    """

    name: str
    first: date | None
    end: date | None


class Fate(StrEnum):
    """What becomes of a part: it stays, it goes as a whole, or rows of it go."""

    STAY = "stay"
    GO = "go"
    THIN_OUT = "thin_out"


def cutoff(keep: Keep, *, today: date) -> date:
    """What is of a day before this one has been kept for long enough."""
    whole_months = _months_before(today, keep.months)
    return date.fromordinal(max(1, whole_months.toordinal() - keep.days))


def month_cutoff(keep: Keep, *, today: date) -> date:
    """The same where only whole months go: a month that is not quite over its time stays."""
    return cutoff(keep, today=today).replace(day=1)


def fate(part: Part, holds: Iterable[Hold], *, cutoff: date) -> Fate:
    """What may become of a part, when what is before `cutoff` may go."""
    if part.end is None:
        return Fate.THIN_OUT
    if part.end <= cutoff:
        return Fate.THIN_OUT if any(_touches(hold, part) for hold in holds) else Fate.GO
    if part.first is None or part.first < cutoff:
        return Fate.THIN_OUT
    return Fate.STAY


def _touches(hold: Hold, part: Part) -> bool:
    begins_in_time = part.end is None or hold.first_day < part.end
    return begins_in_time and (
        part.first is None or hold.last_day is None or hold.last_day >= part.first
    )


def months_to_make(parts: Iterable[Part], *, today: date) -> list[date]:
    """The months for which there should be a part, and is none; by their first days."""
    there = [part for part in parts if part.end is not None]
    return [
        month
        for month in _months_around(today)
        if not any(
            month < (part.end or date.max) and (part.first or date.min) < next_month(month)
            for part in there
        )
    ]


def _months_around(today: date) -> Iterator[date]:
    month = _months_before(today.replace(day=1), MONTHS_BACK)
    for _ in range(MONTHS_BACK + 1 + MONTHS_AHEAD):
        yield month
        month = next_month(month)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + 4 * _ONE_DAY).replace(day=1)


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or the last that month has."""
    number = max(12, day.year * 12 + day.month - 1 - months)  # there is no year before the first
    first = date(number // 12, number % 12 + 1, 1)
    return first.replace(day=min(day.day, (next_month(first) - _ONE_DAY).day))
