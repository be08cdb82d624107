"""Ed25519 (RFC 8032), as devices sign and ingest verifies; the one user of `cryptography`."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from shared.contracts.signing import PUBLIC_KEY_BYTES
from shared.runtime.errors import GiamsatError

_PEM_BEGINS = b"-----BEGIN"
_SEED_BYTES = 32
#: The points of small order, in all their encodings but for the sign. For these anybody can make
#: signatures, and OpenSSL takes them; the first is what an empty key looks like.
_WEAK: Final = frozenset(
    bytes.fromhex(encoding)
    for encoding in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)


class SigningKeyError(GiamsatError):
    """What should be a private key is none that we can sign with."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Not a private Ed25519 key: {reason}")


def is_sound(public_key: bytes) -> bool:
    """Whether only the owner of a private key can sign for it: ask before it is registered."""
    if len(public_key) != PUBLIC_KEY_BYTES:
        return False
    return public_key[:-1] + bytes([public_key[-1] & 0x7F]) not in _WEAK


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the owner of the key signed it; nothing that is not a signature raises."""
    if not is_sound(public_key):
        return False
    # Not kept: this takes 1 µs of the 110 µs that verifying takes, and keeping it 350 bytes.
    key = Ed25519PublicKey.from_public_bytes(public_key)
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A device's private key."""

    _key: Ed25519PrivateKey

    @classmethod
    def new(cls) -> Self:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, content: bytes) -> Self:
        """From PEM (PKCS #8, no passphrase), or the 32 secret bytes in base64."""
        content = content.strip()
        return cls(_of_pem(content) if content.startswith(_PEM_BEGINS) else _of_base64(content))

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    @property
    def pem(self) -> bytes:
        """As it is kept in a file: secret."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def _of_pem(content: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise SigningKeyError("unreadable PEM, or behind a passphrase") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError("a key of another kind")
    return key


def _of_base64(content: bytes) -> Ed25519PrivateKey:
    try:
        seed = base64.b64decode(content, validate=True)
    except binascii.Error as exc:
        raise SigningKeyError("neither PEM nor base64") from exc
    if len(seed) != _SEED_BYTES:
        raise SigningKeyError(f"{len(seed)} bytes, {_SEED_BYTES} are needed")
    return Ed25519PrivateKey.from_private_bytes(seed)
