"""Messages pushed to people's own browsers (RFC 8030): to whom, how urgent, what answers mean.

A push service takes a message for a browser that may be switched off for days. So a message counts
as arrived only when the browser itself says so, under a reference that nobody else knows.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from shared.domain.delivery import LONGEST_PAUSE, MessageKind
from shared.domain.states import Severity

#: Who took a message over: push services are one way out, whichever a browser chose.
PROVIDER: Final = "push"
KEY_BYTES: Final = 32
#: With a person's number behind it, the address of all their browsers together.
BROWSERS_OF: Final = "browsers-of-"
#: A message that nobody could be shown for so long is yesterday's.
LASTS: Final = timedelta(hours=12)

_POINT_BYTES: Final = 65
_UNCOMPRESSED: Final = 0x04
_AUTH_BYTES: Final = 16
_MOST_LETTERS: Final = 2000
_MAC_BYTES: Final = 16
_TOPIC_BYTES: Final = 24
_RECEIPT: Final = b"giamsat push receipt "
_TOPIC: Final = b"giamsat push topic "


class Urgency(StrEnum):
    """Whether a telephone that sleeps is woken (RFC 8030 §5.3)."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Answer(StrEnum):
    """What a push service says."""

    TAKEN = "taken"
    #: There is no such browser any more.
    GONE = "gone"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One browser: where it is reached, and the keys of which it has the other halves."""

    endpoint: str
    p256dh: bytes
    auth: bytes


class SubscriptionFlawError(ValueError):
    """What a browser sent is no subscription; says what is wrong with it."""


def subscription(endpoint: str, p256dh: str, auth: str) -> Subscription:
    """From what a browser's `PushSubscription.toJSON` holds. Raises `SubscriptionFlawError`."""
    if not 0 < len(endpoint) <= _MOST_LETTERS:
        raise SubscriptionFlawError("the endpoint is too long")
    point, secret = decoded(p256dh), decoded(auth)
    if point is None or len(point) != _POINT_BYTES or point[0] != _UNCOMPRESSED:
        raise SubscriptionFlawError("p256dh is no uncompressed point in base64url")
    if secret is None or len(secret) != _AUTH_BYTES:
        raise SubscriptionFlawError("auth is not 16 bytes in base64url")
    return Subscription(endpoint, point, secret)


def key_of(text: str) -> bytes:
    """Of what stands in the secret file: 32 bytes in base64. None at all: nothing is pushed."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError as exc:
        raise ValueError("A key for pushes is 32 bytes in base64.") from exc
    if key and len(key) != KEY_BYTES:
        raise ValueError("A key for pushes is 32 bytes in base64.")
    return key


def address_of_browsers(user_id: int) -> str:
    """Stands for all browsers of a person: a message to them is one message."""
    return f"{BROWSERS_OF}{user_id}"


def fingerprint(endpoint: str) -> str:
    """By which a page knows its own browser among others; nothing can be sent to it."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def reference(message_id: str, *, key: bytes) -> str:
    """With which a browser says that it showed a message. The same for the same message."""
    said = hmac.digest(key, _RECEIPT + message_id.encode(), "sha256")[:_MAC_BYTES]
    return encoded(said + _mac(said, key))


def is_ours(ref: str, *, key: bytes) -> bool:
    """Whether we made this reference: asked of no table."""
    content = decoded(ref)
    if content is None or len(content) != 2 * _MAC_BYTES or encoded(content) != ref:
        return False
    return hmac.compare_digest(content[_MAC_BYTES:], _mac(content[:_MAC_BYTES], key))


def recorded(ref: str) -> str:
    """What lies in tables of a reference: whoever sees it there cannot say that it was shown."""
    return hashlib.sha256(ref.encode()).hexdigest()[:40]


def topic(incident_id: int | None, message_id: str, *, key: bytes) -> str:
    """Of two messages with one topic, a push service keeps the newer. It learns nothing from it."""
    what = message_id if incident_id is None else f"incident {incident_id}"
    return encoded(hmac.digest(key, _TOPIC + what.encode(), "sha256")[:_TOPIC_BYTES])


#: What asks nobody to do anything.
_FOR_LATER: Final = frozenset({MessageKind.DIGEST, MessageKind.VACANCY, MessageKind.REVIEW})
_GOOD_NEWS: Final = frozenset({MessageKind.RECOVERY, MessageKind.CORRECTION, MessageKind.STEADY})


def urgency(kind: MessageKind, severity: Severity | None) -> Urgency:
    if kind in _FOR_LATER:
        return Urgency.LOW
    if kind in _GOOD_NEWS or severity is Severity.NOTICE:
        return Urgency.NORMAL
    return Urgency.HIGH


def judged(status: int) -> Answer:
    """As RFC 8030 §5 and RFC 8292 §4 have it."""
    match status:
        case 200 | 201 | 202 | 204:
            return Answer.TAKEN
        case 404 | 410:
            return Answer.GONE
        case 408 | 425 | 429:
            return Answer.LATER
        case _ if status >= 500:
            return Answer.LATER
        case _:
            return Answer.REFUSED


def wait_after(retry_after: str, *, now: datetime) -> timedelta:
    """Of a Retry-After header: seconds or a date (RFC 9110 §10.2.3); nothing, if it is neither."""
    if retry_after.isascii() and retry_after.isdigit():
        wait = timedelta(seconds=min(int(retry_after[:9]), LONGEST_PAUSE.total_seconds()))
    else:
        wait = _until(retry_after, now)
    return min(max(wait, timedelta(0)), LONGEST_PAUSE)


def _until(date: str, now: datetime) -> timedelta:
    try:
        at = parsedate_to_datetime(date)
    except ValueError:
        return timedelta(0)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes | None:
    """Base64url, padded or not; nothing, if it is none."""
    if len(text) > _MOST_LETTERS:
        return None
    plain = text.rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _mac(said: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _RECEIPT + b"of " + said, "sha256")[:_MAC_BYTES]
