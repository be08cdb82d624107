"""The shapes of input that several nouns share."""

import unicodedata
from collections.abc import Callable
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, BaseModel, StringConstraints

from services.api.problems import InvalidError
from shared.contracts.topics import CODE_PATTERN

#: A code goes into topics and user names, so it has no slash, space or wildcard.
Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]


#: Classes of the Unicode bidirectional algorithm (UAX #9) that turn round what follows them.
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _readable(text: str) -> str:
    """Of many lines, none that reads as another than it is. PostgreSQL holds no NUL at all."""
    if "\x00" in text:
        raise ValueError("it holds a NUL character")
    for char in text:
        if unicodedata.bidirectional(char) in _TURNING:
            raise ValueError(f"it holds U+{ord(char):04X}, which turns the text round")
    return text


def in_words(understand: Callable[[str], str]) -> Callable[[object], object]:
    """Let a word be understood before it is checked; what is no word is left to the check."""
    return lambda given: understand(given) if isinstance(given, str) else given


def in_plain_sight(text: str) -> str:
    """What stands in tables and mails may hold nothing invisible, nor what turns the line round."""
    for char in text:
        if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"}:
            raise ValueError(f"it holds the invisible character U+{ord(char):04X}")
    return text


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


Text = Annotated[str, AfterValidator(_readable)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(in_plain_sight),
    AfterValidator(composed),
]

#: Path parameters; a code that cannot be is simply not found.
FacilityCode = Annotated[str, Path(alias="code", max_length=200)]
ZoneCode = Annotated[str, Path(alias="zone", max_length=200)]
DeviceCode = Annotated[str, Path(alias="device", max_length=200)]


def changes_in(given: BaseModel) -> dict[str, object]:
    """What a PATCH names; nothing at all is a mistake, and so is taking a value away."""
    changes: dict[str, object] = given.model_dump(exclude_unset=True, exclude_none=True)
    if not changes:
        known = ", ".join(type(given).model_fields)
        raise InvalidError("body", "It names nothing to change.", f"Send one of: {known}.")
    return changes
