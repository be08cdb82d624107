"""As of which day somebody asks, and the instant that stands for it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends, Query

from services.api.access.caller import Caller
from services.api.resources import Given
from shared.domain.access import Action, Scope
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day, midnight

FIRST_DAY: Final = date(1945, 9, 2)
LAST_DAY: Final = date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class AsOf:
    """A day on the country's clock; the instant is now, or the last one of that day."""

    on: date
    at: datetime
    today: date

    @property
    def is_today(self) -> bool:
        return self.on == self.today


def as_of_day(on: date | None, now: datetime) -> AsOf:
    today = local_day(now, COUNTRY_TIME_ZONE)
    if on is None or on == today:
        return AsOf(today, now, today)
    last = midnight(on + timedelta(days=1), COUNTRY_TIME_ZONE) - timedelta(microseconds=1)
    return AsOf(on, last, today)


def _as_of(
    resources: Given,
    as_of: Annotated[
        date | None,
        Query(ge=FIRST_DAY, le=LAST_DAY, description="A day, past or to come; default: today"),
    ] = None,
) -> AsOf:
    return as_of_day(as_of, resources.now())


#: A route's parameter of this type says as of which day its answer is wanted.
AsOfGiven = Annotated[AsOf, Depends(_as_of)]


def officers_seen_by(caller: Caller) -> Scope:
    """Where somebody may know whether a commune has an officer: where people are theirs."""
    scopes = [caller.scope(Action.SEE_PEOPLE), caller.scope(Action.MANAGE_PEOPLE)]
    return Scope(
        any(one.is_everywhere for one in scopes),
        tuple(sorted({unit for one in scopes for unit in one.admin_unit_ids})),
    )
