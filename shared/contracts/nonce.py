"""The server's nonce: what only we could say, and only since a minute began.

It is an HMAC of the minute, so every ingest worker says and knows the same without asking another.
"""

import hashlib
import hmac
from typing import Final

import msgspec

RENEWED_EVERY_US: Final = 60_000_000


class Nonce(msgspec.Struct, frozen=True, gc=False):
    """The retained payload of `giamsat/v1/nonce`. `issued_at`: milliseconds since the epoch."""

    nonce: str
    issued_at: int


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Nonce).decode


def of_minute(key: bytes, now_us: int) -> Nonce:
    """The nonce of the minute `now_us` lies in: 32 hexadecimal digits."""
    minute = now_us // RENEWED_EVERY_US
    word = hmac.new(key, b"giamsat-nonce-1\n%d" % minute, hashlib.sha256).hexdigest()[:32]
    return Nonce(word, minute * RENEWED_EVERY_US // 1000)
