"""Secrets that a row of the database holds sealed: AES-256-GCM, under keys that are in no row."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.runtime.errors import GiamsatError

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class SealedBoxError(GiamsatError):
    """What should open does not: other keys, another owner, or it was changed."""


def new_key() -> str:
    """As it stands in a file: one line."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class SealedBox:
    """Seals with the first of its keys and opens with any, so that a key can be changed."""

    _keys: tuple[AESGCM, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """From what stands in the file: a key a line, the newest first."""
        try:
            keys = [base64.b64decode(line, validate=True) for line in text.split()]
        except binascii.Error as exc:
            raise SealedBoxError("A key is 32 bytes in base64.") from exc
        if not keys or any(len(key) != _KEY_BYTES for key in keys):
            raise SealedBoxError("A key is 32 bytes in base64.")
        return cls(tuple(AESGCM(key) for key in keys))

    def seal(self, content: bytes, *, owner: str) -> bytes:
        """`owner` says whose it is: in another's row it does not open."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._keys[0].encrypt(nonce, content, owner.encode())

    def open(self, sealed: bytes, *, owner: str) -> bytes:
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        for key in self._keys:
            try:
                return key.decrypt(nonce, content, owner.encode())
            except (InvalidTag, ValueError):
                continue
        raise SealedBoxError("It was sealed with another key or for another owner.")
