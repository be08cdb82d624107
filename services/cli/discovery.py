"""`giamsat discover`: which cameras are on this network, as a table or as CSV to import."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from rich.table import Table

from shared.contracts.discovery import Found

#: The columns that an import of devices reads, and what is of use to whoever fills in the rest.
COLUMNS: Final = (
    "facility", "code", "name", "kind", "zone", "address", "hardware", "endpoint",
)  # fmt: skip
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r")


def table_of(found: Sequence[Found]) -> Table:
    table = Table("address", "name", "model", "calls itself", title=f"{len(found)} cameras")
    for one in found:
        table.add_row(one.address, one.name, one.hardware, one.endpoint)
    return table


def csv_of(found: Sequence[Found]) -> str:
    """With codes to begin with; the zone is for a person to say."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for number, one in enumerate(found, start=1):
        name = _harmless(one.name or one.hardware or f"Camera {number}")
        rows.writerow(
            (
                "", f"cam-{number}", name, "camera", "", one.address, _harmless(one.hardware),
                one.endpoint,
            )
        )  # fmt: skip
    return text.getvalue()


def _harmless(text: str) -> str:
    """A stranger's word must not become a formula in somebody's spreadsheet."""
    return f"'{text}" if text.startswith(_RISKY) else text
