"""Rows as a CSV file that a spreadsheet opens, and in which no text is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from fastapi import Response

#: What a spreadsheet takes for the beginning of a formula.
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
#: By this, spreadsheets know the text for UTF-8.
_MARK: Final = "\ufeff"


def answer(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """To be saved under a name of letters, digits, hyphens and dots."""
    return Response(
        text_of(head, rows),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def text_of(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    out.write(_MARK)
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULAS) else text
