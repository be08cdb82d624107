"""Words, instants, durations and numbers in one person's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from shared.i18n.catalogue import vietnamese

VIETNAMESE: Final = "vi"
ENGLISH: Final = "en"
LANGUAGES: Final = (VIETNAMESE, ENGLISH)
_SWAPPED: Final = str.maketrans(",.", ".,")


def marked(msgid: str) -> str:
    """The msgid itself; marks it for the catalogue where it is chosen, not shown."""
    return msgid


@dataclass(frozen=True, slots=True)
class _Patterns:
    """How a language writes instants (CLDR patterns)."""

    day: str
    near_day: str
    long_day: str


_PATTERNS: Final[Mapping[str, _Patterns]] = {
    VIETNAMESE: _Patterns("dd/MM/yyyy", "dd/MM", "EEEE 'ngày' d 'tháng' M 'năm' y"),
    ENGLISH: _Patterns("d MMM yyyy", "d MMM", "EEEE d MMMM yyyy"),
}


@dataclass(frozen=True, slots=True)
class Translator:
    """One language's voice."""

    language: str
    _words: Mapping[str, str]
    _patterns: _Patterns

    def gettext(self, msgid: str, /, **values: object) -> str:
        text = self._words.get(msgid, msgid)
        return text % values if values else text

    def ngettext(self, one: str, many: str, n: int, /, **values: object) -> str:
        """`%(n)s` in either is the number, written the language's way."""
        text = self._words.get(one, one if n == 1 else many)
        return text % {"n": self.number(n), **values}

    def instant(self, at: datetime, zone: str) -> str:
        """`22:24, 23/11/2026` on the clock of `zone`."""
        local = at.astimezone(ZoneInfo(zone))
        return f"{local:%H:%M}, {self.day(local.date())}"

    def instant_near(self, at: datetime, zone: str, *, today: date) -> str:
        """Just `22:24` if that was today, else with the day."""
        local = at.astimezone(ZoneInfo(zone))
        if local.date() == today:
            return f"{local:%H:%M}"
        return f"{local:%H:%M}, {_written(local.date(), self._patterns.near_day, self.language)}"

    def clock(self, at: datetime, zone: str) -> str:
        """`22:24:07`."""
        return f"{at.astimezone(ZoneInfo(zone)):%H:%M:%S}"

    def day(self, day: date) -> str:
        return _written(day, self._patterns.day, self.language)

    def long_day(self, day: date) -> str:
        text = _written(day, self._patterns.long_day, self.language)
        return text if self.language == ENGLISH else text[0].lower() + text[1:]

    def duration(self, length: timedelta) -> str:
        """The two largest units: `1 giờ 36 phút`, `27 phút`, `45 giây`."""
        left = max(0, int(length.total_seconds()))
        days, left = divmod(left, 86_400)
        hours, left = divmod(left, 3600)
        minutes, seconds = divmod(left, 60)
        units = (
            (days, self.gettext("d")),
            (hours, self.gettext("h")),
            (minutes, self.gettext("min")),
            (seconds, self.gettext("s")),
        )
        first = next((i for i, (n, _) in enumerate(units) if n), len(units) - 1)
        # Beside a minute or more, seconds are noise.
        last = min(first + 2, 4 if first == 3 else 3)
        said = [(n, unit) for n, unit in units[first:last] if n or first == 3]
        return " ".join(f"{n} {unit}" for n, unit in said)

    def whole_duration(self, length: timedelta) -> str:
        """To the second, so that what adds up is seen to: `22 giờ 24 phút 7 giây`."""
        minutes, seconds = divmod(int(length.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        units = (
            (hours, self.gettext("h")),
            (minutes, self.gettext("min")),
            (seconds, self.gettext("s")),
        )
        return " ".join(f"{n} {unit}" for n, unit in units if n) or f"0 {units[-1][1]}"

    def percent(self, ratio: float) -> str:
        """`99,31 %`, rounded down: only all of it is 100 %."""
        value = (Decimal(str(ratio)) * 100).quantize(Decimal("0.01"), rounding=ROUND_FLOOR)
        return f"{self._grouped(f'{value:,.2f}')} %"

    def number(self, n: float) -> str:
        return self._grouped(f"{n:,}")

    def _grouped(self, text: str) -> str:
        """Vietnamese writes 1.204,5 where English writes 1,204.5."""
        return text.translate(_SWAPPED) if self.language == VIETNAMESE else text


@lru_cache(maxsize=4096)
def _written(day: date, pattern: str, language: str) -> str:
    """Days repeat on a page by the hundred, and CLDR patterns are slow."""
    return format_date(day, pattern, locale=language)


@lru_cache(maxsize=len(LANGUAGES))
def translator(language: str) -> Translator:
    """The voice of `vi` or `en`; any other language is answered in Vietnamese."""
    chosen = language if language in LANGUAGES else VIETNAMESE
    words = vietnamese() if chosen == VIETNAMESE else {}
    return Translator(chosen, words, _PATTERNS[chosen])
