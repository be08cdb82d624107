"""Log files of child processes: appended to, turned over when large, quoted when one fails."""

from pathlib import Path
from typing import BinaryIO

TURN_OVER_BYTES = 10 * 1024 * 1024


def opened_for_append(path: Path) -> BinaryIO:
    """The file, ready for a new process; one that has grown large becomes `.1` first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > TURN_OVER_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def tail(path: Path, lines: int = 8) -> str:
    if not path.exists():
        return "(empty)"
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8192))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:]) or "(empty)"
