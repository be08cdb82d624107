"""Text without its marks, so that a search finds Đăk Hà by `dak ha`."""

import unicodedata
from typing import Final

_STROKES: Final = str.maketrans({"đ": "d", "Đ": "d"})


def folded(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.translate(_STROKES))
    return "".join(c for c in bare if not unicodedata.combining(c)).casefold().strip()


def matches(wanted: str, *texts: str) -> bool:
    """Every word wanted is somewhere in the texts."""
    whole = " ".join(folded(text) for text in texts)
    return all(word in whole for word in folded(wanted).split())
