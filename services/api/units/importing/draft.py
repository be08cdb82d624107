"""An import on its way: what is on record, what is to be added or changed, what cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from services.api.units.importing import words
from services.api.units.importing.known import Known, Values, order_of
from services.api.units.importing.rows import At, RowFault, SheetKind
from shared.domain.access import Scope
from shared.domain.jurisdiction import Level, Order, holds_on

#: What of a row never changes once it is on record.
_FIXED: Final[Mapping[SheetKind, frozenset[str]]] = {
    SheetKind.UNITS: frozenset({"kind", "parent_id"}),
    SheetKind.SUCCESSIONS: frozenset({"kind"}),
    SheetKind.AUTHORITIES: frozenset({"kind", "admin_unit_id", "valid_from"}),
    SheetKind.COMPETENCES: frozenset(),
    SheetKind.ASSIGNMENTS: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row to be: as it was, if it was there, and as it is to be."""

    id: int
    at: At
    values: Values
    was: Values | None = None

    @property
    def changes(self) -> dict[str, object]:
        if self.was is None:
            return dict(self.values)
        return {name: value for name, value in self.values.items() if self.was[name] != value}


@dataclass(slots=True)
class Draft:
    """What is new has a number below zero until it is written."""

    known: Known
    scope: Scope
    today: date
    faults: list[RowFault]
    order: Order
    units: dict[int, Values]
    authorities: dict[str, int]
    by_code: dict[str, list[int]]
    entries: dict[SheetKind, list[Entry]] = field(
        default_factory=lambda: {kind: [] for kind in SheetKind}
    )
    #: The unit of each authority, on record or to come.
    seats: dict[int, int | None] = field(default_factory=dict)
    _given: dict[tuple[object, ...], int] = field(default_factory=dict)
    _numbers: set[tuple[SheetKind, int]] = field(default_factory=set)
    _last: int = 0

    def new_number(self) -> int:
        self._last -= 1
        return self._last

    def number_for(self, key: tuple[object, ...]) -> int:
        """The same for the same new row, so that what is given twice is found out."""
        return self._given.setdefault(key, self.new_number())

    def blame(self, at: At, column: str, wrong: str, advice: str) -> None:
        self.faults.append(RowFault(at, column, wrong, advice))

    def add(self, kind: SheetKind, entry: Entry) -> None:
        self.entries[kind].append(entry)
        if (kind, entry.id) in self._numbers:
            self.blame(entry.at, "", "The same is given twice.", words.ONCE)
        self._numbers.add((kind, entry.id))
        if entry.was is not None:
            for column in sorted(self._rewritten(kind, entry)):
                self.blame(entry.at, column, "It is on record otherwise.", words.HISTORY)

    def _rewritten(self, kind: SheetKind, entry: Entry) -> set[str]:
        """Words may be corrected, and what lasts may end; what is over stays over."""
        rewritten = set(entry.changes) & _FIXED[kind]
        ended = (entry.was or {}).get("valid_to")
        if isinstance(ended, date) and ended <= self.today and "valid_to" in entry.changes:
            rewritten |= {"valid_to"}
        return rewritten

    def unit_on(self, code: str, day: date) -> int | None:
        """The unit that has a code on a day, among those on record and those to come."""
        return next(
            (number for number in self.by_code.get(code, ()) if _holds(self.units[number], day)),
            None,
        )

    def unit_ending_on(self, code: str, day: date) -> int | None:
        return next(
            (n for n in self.by_code.get(code, ()) if self.units[n]["valid_to"] == day), None
        )

    def is_mine(self, unit_id: int | None) -> bool:
        """Whether it lies in what the caller administers; the state as a whole is everywhere's."""
        if self.scope.is_everywhere:
            return True
        if unit_id is None:
            return False
        return any(self.scope.covers_unit(one) for one in self.order.chain(unit_id))

    def must_be_mine(self, entry: Entry, unit_id: int | None) -> None:
        if entry.changes and not self.is_mine(unit_id):
            self.blame(entry.at, "", words.NOT_YOURS, words.ASK)

    def must_not_be_a_province(self, entry: Entry, unit_id: int) -> None:
        """Provinces come and go by the state; who administers one does not decide on it."""
        is_province = self.units[unit_id]["level"] == Level.PROVINCE
        if entry.changes and is_province and not self.scope.is_everywhere:
            self.blame(entry.at, "", words.NOT_YOURS, words.ASK)


def _holds(values: Values, day: date) -> bool:
    begin, end = values["valid_from"], values["valid_to"]
    return isinstance(begin, date) and holds_on(begin, end if isinstance(end, date) else None, day)


def begun(known: Known, scope: Scope, faults: list[RowFault], *, today: date) -> Draft:
    by_code: dict[str, list[int]] = {}
    for number, values in known.units.items():
        by_code.setdefault(str(values["code"]), []).append(number)
    successions = {key: values for key, (_, values) in known.successions.items()}
    draft = Draft(
        known,
        scope,
        today,
        list(faults),
        order_of(known.units, successions),
        dict(known.units),
        {code: number for code, (number, _) in known.authorities.items()},
        by_code,
    )
    for number, values in known.authorities.values():
        seat = values["admin_unit_id"]
        draft.seats[number] = seat if isinstance(seat, int) else None
    return draft
