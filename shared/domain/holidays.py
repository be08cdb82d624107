"""Which days are public holidays: those of the law, and what the government decided beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class HolidayKind(StrEnum):
    """What a decision makes of a day: off though it is none of the law's, or worked instead."""

    OFF = "off"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class LegalDay:
    """A holiday by law; not verified while nobody has read the text that makes it one."""

    day: date
    name: str
    is_verified: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """What the government decided about one day."""

    day: date
    kind: HolidayKind


@dataclass(frozen=True, slots=True)
class Holidays:
    """Days that are off, and days of a weekend that are worked instead."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def within(self, first: date, last: date) -> "Holidays":
        return Holidays(
            frozenset(day for day in self.off if first <= day <= last),
            frozenset(day for day in self.worked if first <= day <= last),
        )


NO_HOLIDAYS: Final = Holidays()


def decided(legal: Holidays, decisions: Iterable[Decision]) -> Holidays:
    """A decision about a day has the last word on it."""
    said = {decision.day: decision.kind for decision in decisions}
    off = {day for day, kind in said.items() if kind is HolidayKind.OFF}
    work = {day for day, kind in said.items() if kind is HolidayKind.WORK}
    return Holidays((legal.off - work) | off, (legal.worked - off) | work)
