"""Signed links with which somebody who was told takes an incident up once, without logging in.

token = base64url( version ‖ expiry in minutes ‖ number of the message ‖ HMAC-SHA256 of these )

A token says for which message it stands and until when; whose it is and whether it was used is
asked of the database. It is made when the message is sent and lies in no row.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

#: So long a link is good, from when its message was written.
LASTS: Final = timedelta(days=7)
#: Where the console takes links: `{console_url}/a/{token}`.
PATH: Final = "/a/"
SHORTEST_KEY: Final = 32

_VERSION: Final = b"\x01"
#: What is signed with this key elsewhere never reads as a link.
_PURPOSE: Final = b"giamsat acknowledge link"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
_MINUTES_BYTES: Final = 4
#: Enough for a million million messages. With it a token ends in a letter or digit, so that no
#: mail program takes its last sign for the end of a sentence.
_NUMBER_BYTES: Final = 5
_MAC_BYTES: Final = 16
_LENGTH: Final = len(_VERSION) + _MINUTES_BYTES + _NUMBER_BYTES + _MAC_BYTES


class Flaw(StrEnum):
    """Why a token opens nothing."""

    #: We never made it, or not with these keys.
    FORGED = "forged"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Link:
    """For which message, and until before when."""

    notification_id: int
    expires_at: datetime


def keys_of(text: str) -> tuple[bytes, ...]:
    """From what stands in the file: a key a line, the newest first. None at all: no links."""
    keys = tuple(line.strip().encode() for line in text.splitlines() if line.strip())
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise ValueError(f"A key of links has at least {SHORTEST_KEY} characters.")
    return keys


def make(notification_id: int, *, written_at: datetime, key: bytes) -> str:
    """The same for the same message, however often it is sent."""
    minutes = -((_EPOCH - written_at - LASTS) // _MINUTE)
    return _token(notification_id, minutes, key)


def read(token: str, *, keys: Sequence[bytes], now: datetime) -> Link | Flaw:
    """Whoever has no key learns nothing of how far a guess was right."""
    link = _claimed(token)
    if link is None or not any(_is_by(key, token, link) for key in keys):
        return Flaw.FORGED
    return link if now < link.expires_at else Flaw.EXPIRED


def _claimed(token: str) -> Link | None:
    try:
        content = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return None
    if len(content) != _LENGTH or content[:1] != _VERSION:
        return None
    minutes, number = content[1 : 1 + _MINUTES_BYTES], content[1 + _MINUTES_BYTES : -_MAC_BYTES]
    return Link(
        notification_id=int.from_bytes(number),
        expires_at=_EPOCH + int.from_bytes(minutes) * _MINUTE,
    )


def _is_by(key: bytes, token: str, link: Link) -> bool:
    """Whether this very text is what the key makes of it."""
    minutes = (link.expires_at - _EPOCH) // _MINUTE
    return hmac.compare_digest(token, _token(link.notification_id, minutes, key))


def _token(notification_id: int, minutes: int, key: bytes) -> str:
    said = (
        _VERSION + minutes.to_bytes(_MINUTES_BYTES) + notification_id.to_bytes(_NUMBER_BYTES)
    )  # fmt: skip
    mac = hmac.digest(key, _PURPOSE + said, "sha256")[:_MAC_BYTES]
    return base64.urlsafe_b64encode(said + mac).decode().rstrip("=")
