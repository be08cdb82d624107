"""Encrypts what is pushed to a browser (RFC 8291, 8188) and signs who pushes it (RFC 8292).

The one place where pushes meet `cryptography`: one record, one sender, nothing of older drafts.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.domain.web_push import Subscription, encoded
from shared.runtime import jose
from shared.runtime.errors import GiamsatError

_CURVE: Final = ec.SECP256R1()
#: The order of P-256: whatever 32 bytes stand in the secret file, they are a key.
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SALT_BYTES: Final = 16
_RECORD: Final = 4096
#: All messages are as long as their length rounded up to this: their length tells little.
_STEP: Final = 512
_LAST: Final = b"\x02"
#: Delimiter and the tag of AES-GCM, of a record that goes into one request.
MOST_BYTES: Final = _RECORD - 86 - 17
#: RFC 8292 allows a day at most; clocks differ.
TOKEN_LASTS: Final = timedelta(hours=12)


class WebPushError(GiamsatError):
    """There is nothing that can be encrypted, or nobody to whom."""


@dataclass(frozen=True)
class Vapid:
    """Who pushes: our key, and how we are reached (`mailto:` or `https:`) if something is wrong."""

    _key: ec.EllipticCurvePrivateKey
    contact: str

    @classmethod
    def of(cls, key: bytes, *, contact: str) -> "Vapid":
        return cls(_private(key), contact)

    @cached_property
    def public_key(self) -> str:
        """What a browser is told when it subscribes, so that nobody else can push to it."""
        return encoded(_point(self._key.public_key()))

    def authorization(self, endpoint: str, *, now: datetime) -> str:
        """The header that says to this push service that it is us."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + TOKEN_LASTS).timestamp()),
            "sub": self.contact,
        }
        token = jose.sign(claims, self._jwk, {"typ": "JWT", "alg": "ES256"})
        return f"vapid t={token}, k={self.public_key}"

    @cached_property
    def _jwk(self) -> Mapping[str, str]:
        numbers = self._key.private_numbers()
        parts = {
            "x": numbers.public_numbers.x,
            "y": numbers.public_numbers.y,
            "d": numbers.private_value,
        }
        named = {name: encoded(number.to_bytes(32)) for name, number in parts.items()}
        return {"kty": "EC", "crv": "P-256", **named}


def public_key_of(key: bytes) -> str:
    """What is told of a key to whoever subscribes."""
    return encoded(_point(_private(key).public_key()))


def must_be_sound(to: Subscription) -> None:
    """Whether its key lies on the curve. Raises `WebPushError`."""
    _public(to.p256dh)


def encrypted(content: bytes, to: Subscription) -> bytes:
    """The body of a request, which only this browser reads. Raises `WebPushError`."""
    if len(content) > MOST_BYTES:
        raise WebPushError(f"{len(content)} bytes are more than a push holds")
    padded = min(-(-len(content) // _STEP) * _STEP, MOST_BYTES)
    plain = content + _LAST + bytes(padded - len(content))
    return sealed(plain, to, ec.generate_private_key(_CURVE), secrets.token_bytes(_SALT_BYTES))


def sealed(plain: bytes, to: Subscription, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """One record, with its header; `plain` ends in its delimiter and padding."""
    theirs, ours = _public(to.p256dh), _point(own.public_key())
    shared = own.exchange(ec.ECDH(), theirs)
    keyed = _derived(to.auth, shared, b"WebPush: info\0" + to.p256dh + ours, 32)
    key = _derived(salt, keyed, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, keyed, b"Content-Encoding: nonce\0", 12)
    header = salt + _RECORD.to_bytes(4) + len(ours).to_bytes(1) + ours
    return header + AESGCM(key).encrypt(nonce, plain, None)


def _derived(salt: bytes, secret: bytes, purpose: bytes, length: int) -> bytes:
    """HKDF (RFC 5869) of one block."""
    extracted = hmac.digest(salt, secret, "sha256")
    return hmac.digest(extracted, purpose + b"\x01", "sha256")[:length]


def _private(key: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(key) % (_ORDER - 1) + 1, _CURVE)


def _public(point: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    except ValueError as exc:
        raise WebPushError("its key is no point of P-256") from exc


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
