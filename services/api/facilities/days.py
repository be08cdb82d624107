"""Which day a page looks at, and the days beside it: pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.api.problems import MissingError
from shared.domain.schedule import midnight
from shared.i18n import Translator

ONE_DAY: Final = timedelta(days=1)
FIRST_DAY: Final = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Days:
    """A local day that was asked for, or else the last 24 hours; and today."""

    asked: date | None
    today: date

    @property
    def before(self) -> date:
        return (self.asked or self.today) - ONE_DAY

    @property
    def after(self) -> date | None:
        return self.asked + ONE_DAY if self.asked and self.asked < self.today else None

    def heading(self, t: Translator) -> str:
        if self.asked is None:
            return t.gettext("Last 24 hours")
        text = t.long_day(self.asked)
        return text[0].upper() + text[1:]


def window_of(day: date, zone: str) -> tuple[datetime, datetime]:
    """From midnight to midnight; a day without evidence is not there."""
    if not FIRST_DAY <= day < date.max:
        raise MissingError("day")
    return midnight(day, zone), midnight(day + ONE_DAY, zone)
