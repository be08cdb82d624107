"""Reads the sheets of units, successions, authorities, competences and assignments: pure.

Which sheet a file holds is told by its first line. Comma or semicolon, UTF-8, days as 2025-07-01.
"""

import csv
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final, TypeVar

from services.api.units.importing.rows import (
    AssignmentRow,
    At,
    AuthorityRow,
    CompetenceRow,
    RowFault,
    SheetKind,
    Sheets,
    SuccessionRow,
    UnitRow,
)
from shared.domain.competence import AuthorityKind, SubjectMatter
from shared.domain.jurisdiction import Change, UnitKind

E = TypeVar("E", bound=StrEnum)
LONGEST_CODE: Final = 64
LONGEST_TEXT: Final = 500
#: Where nobody knows the official code.
UNKNOWN: Final = "unknown"
_SMALLEST: Final = Decimal("0.0001")


#: Every column of each kind; those behind the bar may be left out.
COLUMNS: Final[Mapping[SheetKind, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    SheetKind.UNITS: (
        ("code", "name", "kind", "parent", "valid_from"),
        ("valid_to", "official_code", "legal_basis", "source"),
    ),
    SheetKind.SUCCESSIONS: (
        ("from", "to", "kind", "effective_on", "legal_basis"),
        ("share", "source"),
    ),
    SheetKind.AUTHORITIES: (
        ("code", "name", "kind", "unit", "valid_from"),
        ("valid_to", "successor", "legal_basis", "source"),
    ),
    SheetKind.COMPETENCES: (
        ("authority", "subject_matter", "legal_basis", "valid_from"),
        ("scope", "valid_to", "review_on", "source"),
    ),
    SheetKind.ASSIGNMENTS: (("facility", "to", "effective_on", "legal_basis"), ()),
}


def read(files: Mapping[str, str]) -> Sheets:
    """Every row that can be read; the faults name the rest."""
    sheets = Sheets()
    for name, text in files.items():
        _read_file(name, text, sheets)
    return sheets


def _read_file(name: str, text: str, sheets: Sheets) -> None:
    lines = _plain(text).splitlines()
    first = lines[0] if lines else ""
    delimiter = ";" if first.count(";") > first.count(",") else ","
    header = [title.strip().strip('"').lower() for title in first.split(delimiter)]
    kind = _kind_of(header)
    if kind is None:
        known = "; ".join(", ".join(must) for must, _ in COLUMNS.values())
        fault = "The first line names no sheet that is known."
        advice = f"It must name at least the columns of one of these: {known}."
        sheets.faults.append(RowFault(At(name, 1), "", fault, advice))
        return
    rows = csv.reader(lines[1:], delimiter=delimiter)
    try:
        for row in rows:
            at = At(name, rows.line_num + 1)
            if any(cell.strip() for cell in row):
                _READERS[kind](_cells(at, header, row, sheets), sheets)
    except csv.Error as exc:
        at = At(name, rows.line_num + 1)
        sheets.faults.append(RowFault(at, "", f"It cannot be read: {exc}.", _QUOTE))


def _plain(text: str) -> str:
    """Marks in one form, and spaces that look like spaces."""
    return unicodedata.normalize("NFC", text).lstrip("\ufeff").replace("\u00a0", " ")


def _cells(at: At, header: list[str], row: list[str], sheets: Sheets) -> "Cells":
    cells = Cells(at, dict(zip(header, (cell.strip() for cell in row), strict=False)), sheets)
    if len(row) > len(header):
        cells.blame("", "It has more cells than the first line has columns.", _QUOTE)
    return cells


_QUOTE: Final = "Put text that holds the separator between double quotes."


def _kind_of(header: list[str]) -> SheetKind | None:
    """A header that fits two kinds is the one with more columns of its own."""
    named = set(header)
    fitting = [kind for kind, (must, may) in COLUMNS.items() if set(must) <= named <= {*must, *may}]
    return fitting[0] if fitting else None


@dataclass(slots=True)
class Cells:
    """One row's cells; a cell that cannot be read is blamed, and makes the row none."""

    at: At
    texts: Mapping[str, str]
    sheets: Sheets
    is_sound: bool = True

    def blame(self, column: str, wrong: str, advice: str) -> None:
        self.is_sound = False
        self.sheets.faults.append(RowFault(self.at, column, wrong, advice))

    def text(self, column: str) -> str:
        found = self.texts.get(column, "")
        if len(found) > LONGEST_TEXT or not found.isprintable():
            self.blame(column, "It is too long or holds invisible characters.", "Shorten it.")
        return found

    def some_text(self, column: str) -> str:
        found = self.text(column)
        if not found:
            self.blame(column, "It is empty.", "Give it.")
        return found

    def code(self, column: str) -> str:
        found = self.some_text(column)
        if found and not is_code(found):
            self.blame(column, "It is no code.", "Use letters, digits, dot and hyphen only.")
        return found

    def day(self, column: str) -> date:
        found = self.day_or_none(column)
        if found is None and not self.texts.get(column):
            self.blame(column, "It is empty.", "Give a day, such as 2025-07-01.")
        return found or date.min

    def day_or_none(self, column: str) -> date | None:
        text = self.texts.get(column, "")
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.blame(column, f"{text[:20]} is no day.", "Write days like 2025-07-01.")
            return None

    def choice(self, column: str, kinds: type[E]) -> E:
        text = self.texts.get(column, "")
        if text in set(kinds):
            return kinds(text)
        self.blame(column, f"{text[:40] or 'Nothing'} is none of its kinds.", ", ".join(kinds))
        return next(iter(kinds))

    def share(self, column: str) -> Decimal | None:
        text = self.texts.get(column, "")
        if not text:
            return None
        try:
            share = Decimal(text.replace(",", ".")).quantize(_SMALLEST)
        except InvalidOperation:
            share = Decimal(-1)
        if not share.is_finite() or not 0 < share <= 1:
            self.blame(column, "It is no share.", "Give a number above 0, up to 1.")
        return share


def is_code(text: str) -> bool:
    plain = text.replace("-", "").replace(".", "").replace("_", "")
    return len(text) <= LONGEST_CODE and plain.isascii() and plain.isalnum()


def _unit(cells: Cells, sheets: Sheets) -> None:
    official = cells.text("official_code")
    row = UnitRow(
        cells.at, cells.code("code"), cells.some_text("name"), cells.choice("kind", UnitKind),
        cells.text("parent"), cells.day("valid_from"), cells.day_or_none("valid_to"),
        None if official in {"", UNKNOWN} else official, cells.text("legal_basis"),
        cells.text("source"),
    )  # fmt: skip
    sheets.units += _sound(cells, row)


def _succession(cells: Cells, sheets: Sheets) -> None:
    row = SuccessionRow(
        cells.at, cells.code("from"), cells.text("to"), cells.choice("kind", Change),
        cells.day("effective_on"), cells.share("share"), cells.some_text("legal_basis"),
        cells.text("source"),
    )  # fmt: skip
    if (row.kind is Change.ABOLISH) == bool(row.to_code):
        cells.blame("to", "Only what is abolished has no successor.", "Give one, or leave it.")
    sheets.successions += _sound(cells, row)


def _authority(cells: Cells, sheets: Sheets) -> None:
    row = AuthorityRow(
        cells.at, cells.code("code"), cells.some_text("name"), cells.choice("kind", AuthorityKind),
        cells.text("unit"), cells.day("valid_from"), cells.day_or_none("valid_to"),
        cells.text("successor"), cells.text("legal_basis"), cells.text("source"),
    )  # fmt: skip
    sheets.authorities += _sound(cells, row)


def _competence(cells: Cells, sheets: Sheets) -> None:
    row = CompetenceRow(
        cells.at, cells.code("authority"), cells.choice("subject_matter", SubjectMatter),
        cells.text("scope"), cells.text("legal_basis"), cells.day("valid_from"),
        cells.day_or_none("valid_to"), cells.day_or_none("review_on"), cells.text("source"),
    )  # fmt: skip
    sheets.competences += _sound(cells, row)


def _assignment(cells: Cells, sheets: Sheets) -> None:
    row = AssignmentRow(
        cells.at, cells.code("facility"), cells.code("to"), cells.day("effective_on"),
        cells.some_text("legal_basis"),
    )  # fmt: skip
    sheets.assignments += _sound(cells, row)


R = TypeVar("R")


def _sound(cells: Cells, row: R) -> Iterator[R]:
    if cells.is_sound:
        yield row


_READERS: Final[Mapping[SheetKind, Callable[[Cells, Sheets], None]]] = {
    SheetKind.UNITS: _unit,
    SheetKind.SUCCESSIONS: _succession,
    SheetKind.AUTHORITIES: _authority,
    SheetKind.COMPETENCES: _competence,
    SheetKind.ASSIGNMENTS: _assignment,
}
