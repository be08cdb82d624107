"""The first bytes of a message, fit to be looked at: printable, short, and without what is said.

The shape of a message is enough to mend it. What foreign programs put into strings may name people,
so of text values only numbers, times, codes and known words are shown.
"""

import re
from typing import Final

from shared.domain.states import WatchState

#: How much of a message is looked at.
SAMPLE_BYTES: Final = 96
HIDDEN: Final = "…"
_WORDS: Final = frozenset(
    {"online", "offline", "on", "off", "stopped", "disabled", "true", "false", "null", "single"}
    | {state.value for state in WatchState}
)
#: A text that is a value, in JSON: whatever follows a colon, a bracket or a comma, and no colon.
_VALUE: Final = re.compile(r'(?<=[:\[,])(\s*)"((?:[^"\\]|\\.)*)("(?!\s*:)|$)')
_CODE: Final = re.compile(r"^(?=.*\d)[A-Za-z0-9:.+_-]*$")

#: Words of letters; what was escaped is none.
_LETTERS: Final = re.compile(r"(?<!\\)[^\W\d_]{3,}")


def of(payload: bytes) -> str:
    """The sample of a payload."""
    text = printable(payload, SAMPLE_BYTES)
    if text[:1] in "[{":
        return _VALUE.sub(_shown, text)
    return text if _is_harmless(text.strip()) else _LETTERS.sub(HIDDEN, text)


def printable(data: bytes, length: int) -> str:
    """The first bytes, as text anybody can look at and no database refuses."""
    text = data[:length].decode("utf-8", errors="backslashreplace")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _shown(value: re.Match[str]) -> str:
    space, word, end = value.groups()
    return f'{space}"{word if _is_harmless(word) else HIDDEN}{end}'


def _is_harmless(word: str) -> bool:
    return word.lower() in _WORDS or _CODE.match(word) is not None
