"""What makes a passphrase: its length, and that nobody would guess it among the first.

NIST SP 800-63B-4 and ASVS 5: at least 15 characters, every character welcome, no rules on which,
no end date; what is known, repeated, walked along the keys or made of the person's own words is
refused.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from enum import StrEnum
from itertools import pairwise
from typing import Final

SHORTEST: Final = 15
LONGEST: Final = 128
#: Of a passphrase made of known words, so many must be in it: two are soon tried.
FEWEST_WORDS: Final = 3
_SHORTEST_WORD: Final = 3
#: Names are short: Hà, Tú, An.
_SHORTEST_NAME: Final = 2
_FEWEST_DIFFERENT: Final = 5
_STEPS_IN_A_ROW: Final = 0.7
#: Digits and signs that a passphrase of known words may have and still be soon tried: two years.
_A_FEW: Final = 8
_BETWEEN: Final = " -_.,/"
_KEY_ROWS: Final = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_LEET: Final = str.maketrans("013457@$!", "oieastasi")
_STROKES: Final = str.maketrans({"đ": "d", "Đ": "d"})

#: What anybody would try here first, besides what is tried everywhere.
OF_THE_SERVICE: Final = frozenset(
    {
        "giamsat", "giam", "sat", "coso", "treem", "matkhau", "mat", "khau", "quantri", "admin",
        "baotro", "xahoi", "tinh", "quangngai", "kontum", "vietnam", "hanoi", "soyte", "ubnd",
        "anhyeuem", "emyeuanh", "xinchao", "password", "passphrase", "camera", "giamsat24h",
    }
)  # fmt: skip


class Fault(StrEnum):
    """Why a passphrase is not taken."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"
    REPEATS = "repeats"
    WALKS = "walks"
    KNOWN = "known"


def normalised(typed: str) -> str:
    """The same passphrase, whatever keyboard wrote it. Blanks count, also at its ends."""
    return unicodedata.normalize("NFKC", typed)


def fault_of(
    typed: str, *, own_words: Iterable[str], is_known: Callable[[str], bool]
) -> Fault | None:
    """`own_words`: the person's name and address. `is_known`: whether a text, in small letters
    without marks, is among the passphrases that everybody tries.
    """
    text = normalised(typed)
    words = OF_THE_SERVICE | {word for own in own_words for word in _words_in(own)}
    return _wrong_form(text) or _easy_guess(_bare(text), words, is_known)


def _wrong_form(text: str) -> Fault | None:
    if any(unicodedata.category(char) in {"Cc", "Cs", "Cn"} for char in text):
        return Fault.UNREADABLE
    if len(text) < SHORTEST:
        return Fault.TOO_SHORT
    return Fault.TOO_LONG if len(text) > LONGEST else None


def _easy_guess(bare: str, words: Collection[str], is_known: Callable[[str], bool]) -> Fault | None:
    if _repeats(bare):
        return Fault.REPEATS
    if _walks(bare):
        return Fault.WALKS
    return Fault.KNOWN if _is_known(bare, words, is_known) else None


def _bare(text: str) -> str:
    """In small letters without marks; đ is a d."""
    apart = unicodedata.normalize("NFKD", text.translate(_STROKES).casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def _words_in(text: str) -> Iterable[str]:
    parts = [part for part in re.split(r"[\W_]+", _bare(text)) if part]
    return [*(part for part in parts if len(part) >= _SHORTEST_NAME), "".join(parts)]


def _repeats(bare: str) -> bool:
    """One short piece over and over, or hardly a different character."""
    if len(set(bare)) < _FEWEST_DIFFERENT:
        return True
    for length in range(1, len(bare) // 3 + 1):
        if bare == (bare[:length] * len(bare))[: len(bare)]:
            return True
    return False


def _walks(bare: str) -> bool:
    """Most of it goes on along the alphabet, the digits or the keys."""
    steps = [_is_step(one, next_one) for one, next_one in pairwise(bare)]
    return sum(steps) >= _STEPS_IN_A_ROW * len(steps)


def _is_step(one: str, next_one: str) -> bool:
    if abs(ord(one) - ord(next_one)) <= 1:
        return True
    return any(
        one in row and next_one in row and abs(row.index(one) - row.index(next_one)) == 1
        for row in _KEY_ROWS
    )


def _is_known(bare: str, words: Collection[str], is_known: Callable[[str], bool]) -> bool:
    """Known as it is; or nothing but words of one's own, too few known ones, and a few numbers."""
    others = sum(not char.isalpha() and char not in _BETWEEN for char in bare)
    for text in {bare, _plain(bare)}:
        letters = "".join(char for char in text if char.isalpha())
        if is_known(text) or is_known(letters):
            return True
        if not letters or others > _A_FEW:
            continue
        fewest = _fewest_words(letters, words, is_known)
        if fewest is not None and fewest < FEWEST_WORDS:
            return True
    return False


def _plain(bare: str) -> str:
    """With letters for what stands for them: `p@ssw0rd` is no secret."""
    parts = re.split(f"[{re.escape(_BETWEEN)}]+", bare)
    return " ".join(re.sub(r"[\W\d]+$", "", part).translate(_LEET) for part in parts)


def _fewest_words(
    letters: str, words: Collection[str], is_known: Callable[[str], bool]
) -> int | None:
    """Of how many known words it is made; nothing, if of others too. One's own count for none,
    and neither does a word that was there before.
    """
    free = {word for word in words if word in letters}
    fewest: list[frozenset[str] | None] = [frozenset(), *[None] * len(letters)]
    for end in range(1, len(letters) + 1):
        for start in range(end):
            before = fewest[start]
            word = letters[start:end]
            if before is None or not (word in free or _counts(word, is_known)):
                continue
            used = before if word in free else before | {word}
            found = fewest[end]
            if found is None or len(used) < len(found):
                fewest[end] = used
    last = fewest[-1]
    return None if last is None else len(last)


def _counts(word: str, is_known: Callable[[str], bool]) -> bool:
    return len(word) >= _SHORTEST_WORD and is_known(word)
