"""The GSM 03.38 default alphabet with its extension: which letters it has, and their octets."""

from typing import Final

_ESCAPE: Final = 0x1B
#: By number, as the standard has them; the escape itself is no letter.
_TABLE: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_AFTER_ESCAPE: Final = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E,
    "|": 0x40, "€": 0x65,
}  # fmt: skip
_OCTETS: Final = {
    letter: bytes([number]) for number, letter in enumerate(_TABLE) if number != _ESCAPE
} | {letter: bytes([_ESCAPE, number]) for letter, number in _AFTER_ESCAPE.items()}
_EXTENSION: Final = {number: letter for letter, number in _AFTER_ESCAPE.items()}

LETTERS: Final = frozenset(_OCTETS)
#: Written as two septets, an escape before each.
DOUBLE: Final = frozenset(_AFTER_ESCAPE)


def octets(text: str) -> bytes:
    """A septet in each octet, as SMPP carries it. For letters of the alphabet only."""
    return b"".join(_OCTETS[letter] for letter in text)


def text_of(content: bytes) -> str:
    """What a telephone sent; an escape that leads nowhere is a blank, as the standard says."""
    letters = []
    numbers = iter(content)
    for number in numbers:
        if number == _ESCAPE:
            letters.append(_EXTENSION.get(next(numbers, _ESCAPE), " "))
        else:
            letters.append(_TABLE[number] if number < len(_TABLE) else "?")
    return "".join(letters)
