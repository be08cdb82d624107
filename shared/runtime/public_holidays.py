"""The public holidays of Viet Nam by law, lunar ones included: the entrance of `holidays`."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Final

from holidays import country_holidays

from shared.domain.holidays import Decision, Holidays, LegalDay, decided

#: The library knows the moon up to here; what lies outside has no holidays but those decided.
_FIRST_YEAR: Final = 1995
_LAST_YEAR: Final = 2099
#: Day and month, and the first year: read of, but the text that makes it law is not at hand.
_TO_BE_VERIFIED: Final = (11, 24, 2026)


@lru_cache(maxsize=256)
def of_year(year: int) -> tuple[LegalDay, ...]:
    """In order of time, each with its Vietnamese name; days given off in place of others too."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return ()
    known = country_holidays("VN", years=year, language="vi")
    return tuple(LegalDay(day, known[day], _is_verified(day)) for day in sorted(known))


def between(first: date, last: date, decisions: Iterable[Decision] = ()) -> Holidays:
    """By law, as decided otherwise."""
    return decided(_legal(first.year, last.year).within(first, last), decisions)


@lru_cache(maxsize=64)
def _legal(first_year: int, last_year: int) -> Holidays:
    years = range(max(first_year, _FIRST_YEAR), min(last_year, _LAST_YEAR) + 1)
    if not years:
        return Holidays()
    worked = country_holidays("VN", years=years).weekend_workdays
    off = frozenset(legal.day for year in years for legal in of_year(year))
    return Holidays(off, frozenset(worked))


def _is_verified(day: date) -> bool:
    month, number, year = _TO_BE_VERIFIED
    return (day.month, day.day) != (month, number) or day.year < year
