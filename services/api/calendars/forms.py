"""From what was typed into the forms of calendars to what the API takes: pure."""

from collections.abc import Mapping
from typing import Any, Final

#: So many different hours the form offers; the API takes more.
ROWS: Final = range(3)
_DAYS: Final = range(7)


def calendar_fields(typed: Mapping[str, str]) -> dict[str, Any]:
    """A row without a day is left out."""
    rows = [_row(typed, number) for number in ROWS]
    own = {name: typed[name] for name in ("name", "facility", "on_holidays") if name in typed}
    return {**own, "weekly": [row for row in rows if row["days"]]}


def _row(typed: Mapping[str, str], number: int) -> dict[str, Any]:
    return {
        "days": [day for day in _DAYS if f"day_{number}_{day}" in typed],
        "from": typed.get(f"from_{number}", ""),
        "to": typed.get(f"to_{number}", ""),
    }
