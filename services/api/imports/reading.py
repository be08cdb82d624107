"""A sheet as it comes out of Excel and its like: bytes in, rows by column out. Pure."""

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.api.console.folding import words_in
from shared.i18n import Translator, marked

MOST_ROWS: Final = 20_000
LONGEST_CELL: Final = 2_000
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"


class SheetError(Exception):
    """A file that is no such sheet: what is wrong, and what to do. Both are msgids."""

    def __init__(self, wrong: str, advice: str, **values: object) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.advice = advice
        self.values = values

    def told(self, t: Translator) -> tuple[str, str]:
        """In a language: what is wrong, and what to do."""
        wrong, advice = (
            t.gettext(
                text, **{name: self.values[name] for name in self.values if f"({name})" in text}
            )
            for text in (self.wrong, self.advice)
        )
        return wrong, advice


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its line in the file, by column; what was left empty is absent."""

    n: int
    given: dict[str, str]


@dataclass(frozen=True, slots=True)
class Heading:
    """A column under all the names it may bear."""

    name: str
    also: tuple[str, ...] = ()
    is_required: bool = False


def read(content: bytes, headings: Sequence[Heading]) -> list[Line]:
    """Raises `SheetError`."""
    rows = _rows(_text(content))
    first = next(rows, None)
    if first is None:
        raise SheetError(
            marked("The file is empty."), marked("Send a sheet with headings and at least one row.")
        )
    columns = _columns(first[1], headings)
    lines = [Line(n, given) for n, cells in rows if (given := _given(columns, cells))]
    if not lines:
        raise SheetError(
            marked("There is no row below the headings."), marked("Fill in at least one.")
        )
    if len(lines) > MOST_ROWS:
        raise SheetError(
            marked("There are %(rows)s rows."),
            marked("Send at most %(most)s at once, in several files."),
            rows=len(lines),
            most=MOST_ROWS,
        )
    return lines


def _text(content: bytes) -> str:
    if content.startswith((_ZIP, _OLD_EXCEL)):
        raise SheetError(
            marked("This is an Excel workbook."),
            marked("Save it as “CSV UTF-8 (comma delimited)” and send that."),
        )
    try:
        # "Unicode text" of old Excel is UTF-16 with tabs.
        encoding = "utf-16" if content.startswith(_UTF16) else "utf-8-sig"
        text = content.decode(encoding)
    except UnicodeDecodeError as exc:
        raise SheetError(
            marked("Its letters cannot be read."),
            marked("Save it as “CSV UTF-8”; plain “CSV” loses Vietnamese letters."),
        ) from exc
    if "\x00" in text:
        raise SheetError(
            marked("It holds NUL characters."), marked("Save it as “CSV UTF-8” and send that.")
        )
    return unicodedata.normalize("NFC", text)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """With their line in the file. Excel may begin with a line that names the separator."""
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line = 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if begins == 1 and cells and cells[0].lower().startswith("sep="):
                continue
            if any(cell.strip() for cell in cells):
                yield begins, cells
    except csv.Error as exc:
        raise SheetError(
            marked("Line %(line)s cannot be read."),
            marked("Look for a quotation mark that is not closed."),
            line=line,
        ) from exc


def _separator(text: str) -> str:
    """Where commas write decimals, Excel parts cells by semicolons."""
    first = text.partition("\n")[0]
    if first.lower().startswith("sep=") and len(first.strip()) > len("sep="):
        return first[len("sep=")]
    return max((";", ",", "\t"), key=first.count)


def _columns(cells: Sequence[str], headings: Sequence[Heading]) -> dict[int, str]:
    """By place. Capitals, marks and signs in headings do not matter."""
    by_words = {
        " ".join(words_in(word)): one.name for one in headings for word in (one.name, *one.also)
    }
    columns: dict[int, str] = {}
    for place, cell in enumerate(cells):
        if not cell.strip():
            continue
        name = by_words.get(" ".join(words_in(cell)))
        if name is None:
            known = ", ".join(one.name for one in headings)
            raise SheetError(
                marked("No column is called “%(name)s”."),
                marked("Known are: %(known)s."),
                name=cell.strip()[:60],
                known=known,
            )
        if name in columns.values():
            raise SheetError(
                marked("The column %(name)s is there twice."),
                marked("Remove one of them."),
                name=name,
            )
        columns[place] = name
    missing = [one.name for one in headings if one.is_required and one.name not in columns.values()]
    if missing:
        raise SheetError(
            marked("The column %(name)s is missing."),
            marked("Add it, also to the first line."),
            name=missing[0],
        )
    return columns


def _given(columns: dict[int, str], cells: Sequence[str]) -> dict[str, str]:
    texts = {name: _cell(cells[place]) for place, name in columns.items() if place < len(cells)}
    return {name: text for name, text in texts.items() if text}


def _cell(text: str) -> str:
    """Without what Excel adds: hard spaces, an apostrophe, ="001"."""
    plain = text.replace("\u00a0", " ").strip()
    if plain.startswith('="') and plain.endswith('"'):
        plain = plain[2:-1]
    return plain.removeprefix("'").strip()[:LONGEST_CELL]
