"""From rows to what leaves the house: only the fields of the level, and names as it knows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.api.feeds.facts import Row
from shared.domain.disclosure import Dataset, Level, fields_of, pseudonym


@dataclass(frozen=True, slots=True)
class Lens:
    """How one agency sees one dataset. `secret` is absent where names stand as they are."""

    dataset: Dataset
    level: Level
    client: str
    secret: bytes | None

    def facility(self, code: str) -> str:
        return self._known_as("facility", code)

    def shown(self, row: Row) -> dict[str, Any]:
        """A line of the feed: `put` something in its place, or `remove` it."""
        head = {
            "change": "remove" if row.because else "put",
            "key": self._key(row),
            "facility": self.facility(row.facility),
        }
        if row.because:
            return {**head, "because": row.because}
        return head | {
            name: _written(row.values[name])
            for name in fields_of(self.dataset, self.level)
            if name in row.values
        }

    def _key(self, row: Row) -> str | None:
        if row.key is None:
            return None
        if self.dataset is Dataset.FACILITIES:
            return self.facility(row.key)
        return self._known_as(self.dataset, row.key)

    def _known_as(self, kind: str, key: str) -> str:
        if self.secret is None:
            return key
        return pseudonym(self.secret, client=self.client, kind=kind, key=key)


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def columns_of(dataset: Dataset, level: Level) -> tuple[str, ...]:
    """Of a table; the same for every page."""
    fields = fields_of(dataset, level)
    if level is Level.AGGREGATE:
        return fields
    rest = tuple(name for name in fields if name != "facility")
    return ("change", "key", "facility", "because", *rest)


def flat(line: Mapping[str, Any], columns: tuple[str, ...]) -> list[str]:
    """A row of a table. What a spreadsheet would take for a formula is marked as text."""
    return [_cell(line.get(name)) for name in columns]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in "=+-@\t\r" and text else text
