"""The columns of a sheet: what they are called, and how their cells are understood. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from services.api.console.folding import words_in
from services.api.imports.reading import Heading
from shared.i18n import LANGUAGES, translator


class CellFault(StrEnum):
    """Why a cell, or its row, cannot be put on record."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    TWICE = "twice"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_FACILITY = "unknown_facility"
    UNKNOWN_ZONE = "unknown_zone"
    UNKNOWN_GATEWAY = "unknown_gateway"
    NOT_ALLOWED = "not_allowed"
    CODE_RETIRED = "code_retired"
    CODE_TAKEN = "code_taken"
    PRIVACY_ZONE = "privacy_zone"
    CANNOT_CHANGE = "cannot_change"
    REFUSED = "refused"
    #: Why a row was not undone.
    TOUCHED = "touched"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: in which column, with which content."""

    column: str
    code: CellFault
    value: str = ""
    detail: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "column": self.column, "code": self.code, "value": self.value, "detail": self.detail,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """`label` and `hint` are msgids; `parse` raises `ValueError` for what it cannot read."""

    name: str
    label: str
    hint: str
    parse: Callable[[str], Any] = str
    is_required: bool = False
    also: tuple[str, ...] = ()
    example: str = ""

    @property
    def heading(self) -> Heading:
        return Heading(self.name, self.also, self.is_required)


@dataclass(slots=True)
class Understood:
    """The cells of a row as values, and what could not be understood."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def understood(columns: tuple[Column, ...], given: Mapping[str, str]) -> Understood:
    row = Understood()
    for column in columns:
        text = given.get(column.name)
        if text is None:
            if column.is_required:
                row.faults.append(Fault(column.name, CellFault.MISSING))
            continue
        try:
            row.values[column.name] = column.parse(text)
        except ValueError:
            row.faults.append(Fault(column.name, CellFault.UNREADABLE, text[:200]))
    return row


_YES: Final = frozenset({"yes", "y", "true", "1", "x", "co", "dung"})
_NO: Final = frozenset({"no", "n", "false", "0", "khong", "sai"})


def yes_or_no(text: str) -> bool:
    word = " ".join(words_in(text))
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(text)


def whole(text: str) -> int:
    """Excel likes to write 40 as 40.0 or 40,0, and thousands with a dot."""
    plain = text.replace(" ", "")
    for end in (".0", ",0", ".00", ",00"):
        plain = plain.removesuffix(end)
    return int(plain)


def number(text: str) -> float:
    """With a decimal point or a decimal comma."""
    return float(text.replace(" ", "").replace(",", "."))


def day(text: str) -> date:
    """`2026-11-22`, or as Vietnamese offices write it: `22/11/2026`."""
    for sign in "/.":
        if text.count(sign) == 2:
            first, month, year = (int(part) for part in text.split(sign))
            return date(year, month, first)
    return date.fromisoformat(text)


def choice(words: Mapping[str, str]) -> Callable[[str], str]:
    """One of the codes, or a word for it; marks and capitals do not matter."""
    by_word = {" ".join(words_in(word)): code for word, code in words.items()}
    by_word |= {" ".join(words_in(code)): code for code in words.values()}

    def parse(text: str) -> str:
        try:
            return by_word[" ".join(words_in(text))]
        except KeyError as exc:
            raise ValueError(text) from exc

    return parse


def spoken(table: Mapping[str, str]) -> dict[str, str]:
    """Codes by the words for them, in every language of ours."""
    voices = [translator(language) for language in LANGUAGES]
    return {voice.gettext(msgid): code for code, msgid in table.items() for voice in voices}
