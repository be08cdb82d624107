"""From what a person pastes to a public Ed25519 key that somebody can own: pure."""

import base64
import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.contracts.signing import PUBLIC_KEY_BYTES
from shared.runtime.ed25519 import is_sound

#: RFC 8410: what stands before the 32 bytes in a SubjectPublicKeyInfo; it never varies.
_SPKI_BEGINS: Final = bytes.fromhex("302a300506032b6570032100")
_PEM: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*)-----END \1-----", re.DOTALL)
_PUBLIC: Final = "PUBLIC KEY"
#: The curve of RFC 8032, section 5.1: -x² + y² = 1 + d x² y², modulo p.
_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P


class KeyFault(StrEnum):
    """Why a text is no key that we take."""

    PRIVATE = "private"
    UNREADABLE = "unreadable"
    OTHER_KIND = "other_kind"
    UNSOUND = "unsound"


#: What is wrong, and what to do about it.
FAULTS: Final[Mapping[KeyFault, tuple[str, str]]] = {
    KeyFault.PRIVATE: (
        "This is a private key, which nobody but the device may know.",
        "Make a new pair, and send the public half.",
    ),
    KeyFault.UNREADABLE: (
        "This is no key.",
        "Send the 32 bytes of the public key in standard base64, or as PEM (PUBLIC KEY).",
    ),
    KeyFault.OTHER_KIND: ("This is a key of another kind.", "Make a pair of Ed25519 keys."),
    KeyFault.UNSOUND: (
        "Nobody can own this key, or everybody.",
        "Make a new pair with a tool you trust, and send its public half.",
    ),
}


class NoKeyError(ValueError):
    """The text is no public key that only one can sign for."""

    def __init__(self, fault: KeyFault) -> None:
        super().__init__(FAULTS[fault][0])
        self.fault = fault


def read(text: str) -> bytes:
    """The 32 bytes, from standard base64 of them or from PEM. Raises `NoKeyError`."""
    pem = _PEM.search(text)
    key = _of_pem(pem[1], pem[2]) if pem else _decoded(text)
    if len(key) != PUBLIC_KEY_BYTES:
        raise NoKeyError(KeyFault.UNREADABLE)
    if not (is_sound(key) and is_on_the_curve(key)):
        raise NoKeyError(KeyFault.UNSOUND)
    return key


def fingerprint(key: bytes) -> str:
    """By which people tell keys apart."""
    return hashlib.sha256(key).hexdigest()[:16]


def is_on_the_curve(key: bytes) -> bool:
    """Whether there is an x to this y: for half of all numbers there is none."""
    y = int.from_bytes(key, "little") & (2**255 - 1)
    numerator, denominator = y * y - 1, _D * y * y + 1
    # Euler's criterion, for the quotient times a square.
    return y < _P and pow(numerator * denominator, (_P - 1) // 2, _P) in {0, 1}


def _of_pem(label: str, content: str) -> bytes:
    if label != _PUBLIC:
        raise NoKeyError(KeyFault.PRIVATE if "PRIVATE" in label else KeyFault.OTHER_KIND)
    der = _decoded("".join(content.split()))
    if not der.startswith(_SPKI_BEGINS):
        raise NoKeyError(KeyFault.OTHER_KIND)
    return der.removeprefix(_SPKI_BEGINS)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except ValueError as exc:
        raise NoKeyError(KeyFault.UNREADABLE) from exc
