"""Secrets as files that only their owner may read, named like the settings they are."""

import os
from collections.abc import Callable
from pathlib import Path
from secrets import token_urlsafe


def generated() -> str:
    return token_urlsafe(24)


def typed() -> str:
    """Short enough for a person to type."""
    return token_urlsafe(12)


class SecretFiles:
    """One folder, one secret a file. What was made once stays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)

    def keep(self, name: str, make: Callable[[], str] = generated) -> str:
        """The secret of this name; made now, if there is none yet."""
        file = self.folder / name
        if not file.exists():
            self.put(name, make())
        return file.read_text()

    def put(self, name: str, value: str) -> None:
        write_private(self.folder / name, value)


def write_private(file: Path, text: str) -> None:
    """Replace a file that only its owner may read, whole or not at all."""
    draft = file.with_name(f".{file.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(file)
