"""Text without its marks, so that a search finds Đăk Hà by `dak ha`."""

import re
import unicodedata
from typing import Final

_STROKES: Final = str.maketrans({"đ": "d", "Đ": "d"})
_WORD: Final = re.compile(r"[a-z0-9]+")


def folded(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.translate(_STROKES))
    return "".join(c for c in bare if not unicodedata.combining(c)).casefold().strip()


def words_in(text: str) -> list[str]:
    """What is searched for, as the database keeps words: letters and digits without marks."""
    return list(dict.fromkeys(_WORD.findall(folded(text))))


def begin_words(wanted: str, *texts: str) -> bool:
    """Whether every word wanted begins a word of the texts."""
    there = [word for text in texts for word in words_in(text)]
    return all(any(one.startswith(word) for one in there) for word in words_in(wanted))
