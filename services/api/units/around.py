"""What every page of units has: its day, what may be done, words for codes."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from services.api.access.caller import Caller
from services.api.overview.shown import listed
from services.api.units.asked import AsOf
from shared.domain.access import Action
from shared.domain.jurisdiction import Change
from shared.i18n import Translator, marked, names

#: More units than any state has.
ALL: Final = 20_000

CHANGES: Final[Mapping[str, str]] = {
    Change.MERGE: marked("merged"),
    Change.SPLIT: marked("split"),
    Change.RENAME: marked("renamed, or put under another unit"),
    Change.ABOLISH: marked("abolished"),
}


def common(viewer: Caller, as_of: AsOf, t: Translator) -> dict[str, Any]:
    def some(texts: Sequence[str]) -> str:
        return listed(texts, t)

    return {
        "as_of": as_of,
        "day_query": "" if as_of.is_today else f"?as_of={as_of.on.isoformat()}",
        "may_manage": not viewer.scope(Action.MANAGE_UNITS).is_nowhere,
        "subjects": names.SUBJECT_MATTERS,
        "roles": names.ROLES,
        "changes": CHANGES,
        "last_day": last_day,
        "listed": some,
    }


def last_day(valid_to: date) -> date:
    """People say until when something was, not from when it was no more."""
    return valid_to - timedelta(days=1)
