"""When somebody who fails to log in must wait: by account, by address and by known device.

Five failures within half a minute close a door for five minutes; a hundred in a row, until its
owner has come in another way. The doors of an account and of an address are those that strangers
knock at. A browser in which the owner has logged in before has a door of its own, and a passkey
needs none: so whoever guesses from elsewhere does not lock the owner out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Door(StrEnum):
    """At what somebody knocks."""

    ACCOUNT = "account"
    ADDRESS = "address"
    DEVICE = "device"
    SECOND_FACTOR = "second_factor"
    #: Of one-time codes of devices, by address: many come into service behind one.
    ENROLMENT = "enrolment"
    #: Of links in messages, by address.
    LINK = "link"
    #: Of the code that proves a telephone, by telephone.
    TELEPHONE = "telephone"
    #: What is sent to telephones at somebody's wish: by person, and by number.
    TEXTS = "texts"
    TEXTS_TO = "texts_to"
    #: Mails that somebody has sent to themselves.
    MAILS = "mails"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many failures within which time close a door for how long."""

    failures: int
    within: timedelta
    closed_for: timedelta
    #: After so many in a row it stays closed; nothing, where many people share a door.
    in_a_row: int | None


_WITHIN: Final = timedelta(seconds=30)
_CLOSED_FOR: Final = timedelta(minutes=5)
_OF_ONE: Final = Limit(5, _WITHIN, _CLOSED_FOR, in_a_row=100)
LIMITS: Final = {
    Door.ACCOUNT: _OF_ONE,
    Door.DEVICE: _OF_ONE,
    Door.SECOND_FACTOR: _OF_ONE,
    # A code has 60 random bits: this only keeps the noise down.
    Door.ENROLMENT: Limit(10, timedelta(minutes=1), timedelta(minutes=1), in_a_row=None),
    # A link has 128 bits that nobody guesses; whoever holds one is not counted.
    Door.LINK: Limit(20, _WITHIN, _CLOSED_FOR, in_a_row=None),
    # Of a million codes, each good for a quarter of an hour.
    Door.TELEPHONE: Limit(5, timedelta(minutes=15), timedelta(minutes=15), in_a_row=None),
    # Nothing is ever "right" here: it is what each costs, and what whoever owns the number bears.
    Door.TEXTS: Limit(10, timedelta(hours=1), timedelta(hours=1), in_a_row=None),
    Door.TEXTS_TO: Limit(5, timedelta(hours=1), timedelta(hours=1), in_a_row=None),
    Door.MAILS: Limit(20, timedelta(hours=1), timedelta(hours=1), in_a_row=None),
    # A whole office may sit behind one address, and all of it logs in at eight.
    Door.ADDRESS: Limit(20, _WITHIN, _CLOSED_FOR, in_a_row=None),
}
#: When a door that stays closed is worth trying again: not before its owner came in another way.
NOT_SOON: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Tally:
    """Attempts at one door that did not succeed, as far as they matter; oldest first."""

    recent: tuple[datetime, ...] = ()
    in_a_row: int = 0


def closed_until(tally: Tally, limit: Limit, *, now: datetime) -> datetime | None:
    """When the door opens again, if it is closed."""
    if limit.in_a_row is not None and tally.in_a_row >= limit.in_a_row:
        return now + NOT_SOON
    if len(tally.recent) < limit.failures:
        return None
    # It was closed by the last failure of those that came within the time.
    until = tally.recent[-1] + limit.closed_for
    return until if until > now else None


def attempted(tally: Tally, limit: Limit, *, now: datetime) -> Tally:
    """One attempt more. It counts before it is judged, so that many at once do not slip through;
    success clears the tally.
    """
    recent = tuple(at for at in tally.recent if at > now - limit.within)
    return Tally((*recent, now)[-limit.failures :], tally.in_a_row + 1)


def withdrawn(tally: Tally, *, at: datetime) -> Tally:
    """Without the attempt of that moment, which turned out to be right."""
    recent = list(tally.recent)
    if at in recent:
        recent.remove(at)
    return Tally(tuple(recent), max(0, tally.in_a_row - 1))


def first_open(closings: Sequence[datetime | None]) -> datetime | None:
    """When all of several doors are open; nothing, if they are."""
    return max((until for until in closings if until is not None), default=None)
