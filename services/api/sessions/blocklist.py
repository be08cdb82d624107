"""The passphrases and words that everybody tries, offline; the one user of `zxcvbn`, for its lists.

Its estimate of strength is not used: a refusal must say what is wrong, and be the same tomorrow.
"""

from typing import Final

from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped] # has no types

#: Names and words of television tell little about what is tried; passwords and words do.
_LISTS: Final = ("passwords", "english_wikipedia", "surnames", "male_names", "female_names")
_KNOWN: Final = frozenset(word for name in _LISTS for word in FREQUENCY_LISTS[name])


def is_known(text: str) -> bool:
    """`text` in small letters, without marks."""
    return text in _KNOWN
