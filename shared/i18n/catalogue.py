"""The Vietnamese words for every English msgid, read once from `vi.po`."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

CATALOGUE = Path(__file__).with_name("vi.po")


@lru_cache(maxsize=1)
def vietnamese() -> Mapping[str, str]:
    """By msgid; for a plural by its singular, because Vietnamese has one form."""
    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale="vi", abort_invalid=True)
    return {
        _first(message.id): _first(message.string)
        for message in catalogue
        if message.id and not message.fuzzy
    }


def _first(text: str | list[str] | tuple[str, ...] | None) -> str:
    if text is None or isinstance(text, str):
        return text or ""
    return text[0]
