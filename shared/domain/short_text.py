"""What fits into a short message: its alphabet (GSM 03.38 or UCS-2), its segments, and cutting."""

import unicodedata
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from shared.domain import gsm_alphabet

#: What neither losing its marks nor its case makes plain.
_PLAIN: Final = str.maketrans(
    {
        "đ": "d", "Đ": "D", "ß": "ss", "₫": "d",
        "–": "-", "—": "-", "‑": "-", "−": "-", "•": "-", "·": "-",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "`": "'",
        "…": "...", "→": "->", "×": "x", "\t": " ",
    }
)  # fmt: skip
_UNKNOWN: Final = "?"
_CUT: Final = "..."
#: A word is not broken for fewer letters than these.
_BACK: Final = 20


class Alphabet(StrEnum):
    """How the letters of a whole message are coded; one letter decides for all."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


#: By alphabet: how much one message holds, and how much each of several that are joined.
ALONE: Final = {Alphabet.GSM7: 160, Alphabet.UCS2: 70}
JOINED: Final = {Alphabet.GSM7: 153, Alphabet.UCS2: 67}


def alphabet_of(text: str) -> Alphabet:
    is_gsm = all(letter in gsm_alphabet.LETTERS for letter in text)
    return Alphabet.GSM7 if is_gsm else Alphabet.UCS2


def length_of(text: str) -> int:
    """In what its alphabet counts: septets, or units of 16 bits."""
    return sum(map(_measure(alphabet_of(text)), text))


def parts(text: str) -> tuple[str, ...]:
    """As it goes over the air: no letter is torn apart between two segments."""
    alphabet = alphabet_of(text)
    if length_of(text) <= ALONE[alphabet]:
        return (text,)
    measure = _measure(alphabet)
    found, begun_at, filled = [], 0, 0
    for at, letter in enumerate(text):
        filled += measure(letter)
        if filled > JOINED[alphabet]:
            found.append(text[begun_at:at])
            begun_at, filled = at, measure(letter)
    return (*found, text[begun_at:])


def segments(text: str) -> int:
    """What it costs."""
    return len(parts(text))


def unmarked(text: str) -> str:
    """Vietnamese as people type it on old telephones; always in the GSM alphabet."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFD", text.translate(_PLAIN))
        if not unicodedata.combining(letter)
    )
    plain = unicodedata.normalize("NFKC", bare).translate(_PLAIN)
    return "".join(letter if letter in gsm_alphabet.LETTERS else _UNKNOWN for letter in plain)


def marked(text: str) -> str:
    """With its marks, each on its letter: so that it is short, and not cut in between."""
    return unicodedata.normalize("NFC", text)


def fitted(text: str, *, ending: str, most: int) -> str:
    """`text`, a blank and `ending` in at most so many segments; the ending (a link) stays whole."""
    tail = f" {ending}" if text and ending else ending
    whole = text + tail
    if segments(whole) <= most:
        return whole
    kept = _longest(text, tail, most)
    return ending if kept == 0 else text[: _word_end(text, kept)].rstrip() + _CUT + tail


def _longest(text: str, tail: str, most: int) -> int:
    """How much of the text fits; more of it never needs fewer segments."""
    least, beyond = 0, len(text) + 1
    while beyond - least > 1:
        middle = (least + beyond) // 2
        if segments(text[:middle] + _CUT + tail) <= most:
            least = middle
        else:
            beyond = middle
    return least


def _word_end(text: str, kept: int) -> int:
    if text[kept : kept + 1].isspace():
        return kept
    blank = text.rfind(" ", max(0, kept - _BACK), kept)
    return blank if blank > 0 else kept


def _measure(alphabet: Alphabet) -> Callable[[str], int]:
    return _septets if alphabet is Alphabet.GSM7 else _units


def _septets(letter: str) -> int:
    return 2 if letter in gsm_alphabet.DOUBLE else 1


def _units(letter: str) -> int:
    """A letter beyond the basic plane takes two."""
    return 2 if ord(letter) > 0xFFFF else 1
