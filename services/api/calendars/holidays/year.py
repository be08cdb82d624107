"""The public holidays of a year, from the law and from what was decided: pure."""

from collections.abc import Iterable
from datetime import date

from services.api.calendars.holidays.schemas import DecisionOut, HolidayOut
from shared.domain.holidays import HolidayKind, LegalDay


def holidays_of(legal: Iterable[LegalDay], decisions: Iterable[DecisionOut]) -> list[HolidayOut]:
    """A decision about a day stands in place of the law's."""
    found: dict[date, HolidayOut] = {
        one.day: HolidayOut(
            day=one.day, name=one.name, is_off=True, is_verified=one.is_verified, decision=None
        )
        for one in legal
    }
    for one in decisions:
        found[one.day] = HolidayOut(
            day=one.day,
            name=one.name,
            is_off=one.kind is HolidayKind.OFF,
            is_verified=True,
            decision=one,
        )
    return [found[day] for day in sorted(found)]
