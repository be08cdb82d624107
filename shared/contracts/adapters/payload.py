"""What dialects read payloads with; each says what was expected if it is not that."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import msgspec

from shared.contracts.adapters.base import UnreadableError
from shared.contracts.laborious import is_laborious

Read = TypeVar("Read")

#: No message that a dialect reads is longer, except to keep us busy.
LONGEST_PAYLOAD: Final = 64 * 1024

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: A leap second is read as the second before it.
_LEAP_SECOND: Final = re.compile(r"(?<=:\d\d):60")
_TOO_EARLY: Final = "expected an instant after 1970"


def decoded(payload: bytes, decode: Callable[[bytes], Read], *, expected: str) -> Read:
    """The payload by a decoder of msgspec. Raises UnreadableError."""
    limit(payload)
    if is_laborious(payload):
        raise UnreadableError("expected numbers as things are measured in")
    try:
        return decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise UnreadableError(f"expected {expected}") from problem


def limit(payload: bytes) -> None:
    """Raises UnreadableError if it is longer than what we read."""
    if len(payload) > LONGEST_PAYLOAD:
        raise UnreadableError(f"expected no more than {LONGEST_PAYLOAD} bytes")


def word(payload: bytes, meanings: Mapping[bytes, Read]) -> Read:
    """What a payload of one word means. Raises UnreadableError."""
    try:
        return meanings[payload.strip()]
    except KeyError:
        words = ", ".join(known.decode() for known in meanings)
        raise UnreadableError(f"expected one of: {words}") from None


def written_instant_us(text: str, *, zone: timedelta | None = None) -> int:
    """Microseconds since the epoch of ISO 8601; `zone` is its offset if it writes none.

    Raises UnreadableError.
    """
    try:
        instant = datetime.fromisoformat(_LEAP_SECOND.sub(":59", text.strip()))
    except ValueError:
        raise UnreadableError("expected a date and time as ISO 8601 writes it") from None
    offset = zone if instant.tzinfo is None else instant.utcoffset()
    if offset is None or "T" not in text:
        raise UnreadableError("expected a date and time with its offset from UTC")
    instant_us = (instant.replace(tzinfo=UTC) - _EPOCH - offset) // _MICROSECOND
    if instant_us < 0:
        raise UnreadableError(_TOO_EARLY)
    return instant_us


def counted_instant_us(seconds: float, *, received_us: int) -> int:
    """Microseconds since the epoch of a number of seconds, no later than it was received.

    Raises UnreadableError.
    """
    if seconds < 0:
        raise UnreadableError(_TOO_EARLY)
    # A number too large for an instant is later in any case.
    return round(min(seconds * 1e6, received_us))
