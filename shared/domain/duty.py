"""Who of those who hold a role is told: whoever is on duty, and who stands in for them.

on duty ──none, or unreachable──▶ deputies on duty ──▶ all who hold the role ──▶ their deputies

Whoever is on duty must hold the role as well: a rota gives nobody a place that is not theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.delivery import Channel
from shared.domain.escalation import How, Reached, Recipient
from shared.domain.schedule import COUNTRY_TIME_ZONE


class OnDuty(StrEnum):
    """As what somebody is on duty."""

    PRINCIPAL = "principal"
    DEPUTY = "deputy"


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds a role at a place. `open_on`: through what they can be reached."""

    recipient: Recipient
    is_deputy: bool = False
    on_duty: OnDuty | None = None
    open_on: frozenset[Channel] = frozenset({Channel.EMAIL})

    @property
    def how(self) -> How:
        match self.on_duty:
            case OnDuty.PRINCIPAL:
                return How.ON_DUTY
            case OnDuty.DEPUTY:
                return How.DEPUTY_ON_DUTY
            case None:
                return How.DEPUTY if self.is_deputy else How.HOLDER


#: The first of these that finds somebody is told.
_IN_TURN: Final = (How.ON_DUTY, How.DEPUTY_ON_DUTY, How.HOLDER, How.DEPUTY)
#: Who stands in for whom when nobody has acted.
_STAND_INS: Final = {How.ON_DUTY: How.DEPUTY_ON_DUTY, How.HOLDER: How.DEPUTY}


def found(holders: Iterable[Holder], in_use: Iterable[Channel]) -> Reached:
    """Whom a step tells."""
    groups = _reachable(holders, frozenset(in_use))
    for how in _IN_TURN:
        if people := groups.get(how):
            return Reached(tuple(people), how)
    return Reached()


def found_again(holders: Iterable[Holder], in_use: Iterable[Channel]) -> Reached:
    """Whom a repeat tells: those in turn, and now whoever stands in for them as well."""
    known = list(holders)
    channels = frozenset(in_use)
    first = found(known, channels)
    groups = _reachable(known, channels)
    stand_ins = groups.get(_STAND_INS.get(first.how, How.NOBODY), [])
    if first.how is How.ON_DUTY and not stand_ins:
        stand_ins = groups.get(How.DEPUTY, [])
    return Reached((*first.people, *stand_ins), first.how)


def _reachable(holders: Iterable[Holder], in_use: frozenset[Channel]) -> dict[How, list[Recipient]]:
    """One who is on duty is told as that, and not twice."""
    groups: dict[How, list[Recipient]] = {}
    seen: set[int] = set()
    for one in sorted(holders, key=lambda one: _IN_TURN.index(one.how)):
        if one.open_on & in_use and one.recipient.user_id not in seen:
            seen.add(one.recipient.user_id)
            groups.setdefault(one.how, []).append(one.recipient)
    return groups


LONGEST_SHIFT: Final = timedelta(hours=36)
#: A series, or a single shift, reaches no further ahead.
FARTHEST_AHEAD: Final = timedelta(days=90)


class Obstacle(StrEnum):
    """Why a shift cannot stand in the rota."""

    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    TOO_LONG = "too_long"
    TOO_FAR_AHEAD = "too_far_ahead"
    IN_THE_PAST = "in_the_past"
    NO_DAYS = "no_days"


@dataclass(frozen=True, slots=True)
class Shift:
    """From when to when somebody is on duty, half-open."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Series:
    """The same hours on some days of the week, Monday is 0; what ends before it begins ends on the
    next day. Both days are included."""

    first_on: date
    last_on: date
    weekdays: frozenset[int]
    begins: time
    ends: time


def why_not_on_duty(shift: Shift, *, now: datetime) -> Obstacle | None:
    """What is wrong with a shift."""
    faults = (
        (shift.starts_at >= shift.ends_at, Obstacle.ENDS_BEFORE_IT_BEGINS),
        (shift.ends_at <= now, Obstacle.IN_THE_PAST),
        (shift.ends_at - shift.starts_at > LONGEST_SHIFT, Obstacle.TOO_LONG),
        (shift.starts_at > now + FARTHEST_AHEAD, Obstacle.TOO_FAR_AHEAD),
    )
    return next((obstacle for is_so, obstacle in faults if is_so), None)


def why_no_series(series: Series, *, now: datetime) -> Obstacle | None:
    """What is wrong with a series as a whole."""
    today = now.astimezone(ZoneInfo(COUNTRY_TIME_ZONE)).date()
    faults = (
        (series.last_on < series.first_on, Obstacle.ENDS_BEFORE_IT_BEGINS),
        (series.last_on < today, Obstacle.IN_THE_PAST),
        (series.last_on - today > FARTHEST_AHEAD, Obstacle.TOO_FAR_AHEAD),
        (series.last_on - series.first_on > 2 * FARTHEST_AHEAD, Obstacle.TOO_LONG),
    )
    obstacle = next((obstacle for is_so, obstacle in faults if is_so), None)
    if obstacle is None and not shifts_of(series, now=now):
        return Obstacle.NO_DAYS
    return obstacle


def shifts_of(series: Series, *, now: datetime) -> Sequence[Shift]:
    """Each that is not over, on the country's clock."""
    days = (series.last_on - series.first_on).days + 1
    all_days = (series.first_on + timedelta(days=number) for number in range(days))
    shifts = [_on(day, series) for day in all_days if day.weekday() in series.weekdays]
    return [shift for shift in shifts if shift.ends_at > now]


def _on(day: date, series: Series) -> Shift:
    zone = ZoneInfo(COUNTRY_TIME_ZONE)
    last = day if series.begins < series.ends else day + timedelta(days=1)
    return Shift(
        datetime.combine(day, series.begins, zone), datetime.combine(last, series.ends, zone)
    )
