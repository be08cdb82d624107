"""Ten codes on paper, each good for one log-in when the authenticator is lost."""

import hashlib
import secrets
from typing import Final

HOW_MANY: Final = 10
#: No letters that are taken for others; 16 of them are 80 random bits.
_LETTERS: Final = "abcdefghjkmnpqrstvwxyz0123456789"
_LENGTH: Final = 16
_GROUP: Final = 4


def new_codes() -> tuple[str, ...]:
    return tuple(_new() for _ in range(HOW_MANY))


def hash_of(code: str) -> bytes:
    """Of a code as it is typed, with or without its hyphens. Random enough for a plain hash."""
    bare = "".join(char for char in code.casefold() if char in _LETTERS)
    return hashlib.sha256(bare.encode()).digest()


def _new() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))
