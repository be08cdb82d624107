"""One-time codes by which devices come into service, and how far one has come: pure.

waiting ──redeemed──▶ enrolled ──first heartbeat──▶ heard
   ├──15 minutes──▶ expired
   └──cancelled──▶ cancelled
"""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.places import DeviceKind

LIFE: Final = timedelta(minutes=15)
#: Crockford's: without I, L, O and U, which are read as others or as words.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0"})
#: Twelve of 32 letters: 60 bits.
_LETTERS: Final = 12
_GROUP: Final = 4
_PREFIXES: Final = {
    DeviceKind.CAMERA: "cam",
    DeviceKind.SENSOR: "sensor",
    DeviceKind.GATEWAY: "gw",
    DeviceKind.CALL_BUTTON: "button",
    DeviceKind.DOOR: "door",
    DeviceKind.MOTION: "motion",
    DeviceKind.SMOKE: "smoke",
    DeviceKind.ROUND_POINT: "round",
}


class EnrolmentState(StrEnum):
    """How far an enrolment has come."""

    WAITING = "waiting"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ENROLLED = "enrolled"
    HEARD = "heard"


@dataclass(frozen=True, slots=True)
class Course:
    """What has happened to a code so far."""

    expires_at: datetime
    redeemed_at: datetime | None = None
    cancelled_at: datetime | None = None
    heard_at: datetime | None = None

    def state(self, now: datetime) -> EnrolmentState:
        if self.redeemed_at is not None:
            was_heard = self.heard_at is not None and self.heard_at >= self.redeemed_at
            return EnrolmentState.HEARD if was_heard else EnrolmentState.ENROLLED
        if self.cancelled_at is not None:
            return EnrolmentState.CANCELLED
        return EnrolmentState.WAITING if now < self.expires_at else EnrolmentState.EXPIRED


def new_code() -> str:
    """As people read it: `K7QF-2M9X-R4TD`."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LETTERS, _GROUP))


def normal_code(typed: str) -> str | None:
    """Its letters alone, however it was typed; nothing if it cannot be a code of ours."""
    letters = re.sub(r"[\s-]", "", typed).upper().translate(_READ_AS)
    is_one = len(letters) == _LETTERS and set(letters) <= set(_ALPHABET)
    return letters if is_one else None


def hash_of(letters: str) -> bytes:
    """All that is kept of a code."""
    return hashlib.sha256(letters.encode()).digest()


def free_code(kind: DeviceKind, taken: Collection[str]) -> str:
    """The next of its kind: `cam-4` after `cam-3`, whatever is missing before."""
    prefix = _PREFIXES[kind]
    pattern = re.compile(rf"{prefix}-?0*(\d{{1,9}})", re.IGNORECASE)
    numbers = [int(found[1]) for code in taken if (found := pattern.fullmatch(code))]
    known = {code.lower() for code in taken}
    number = max(numbers, default=0) + 1
    while f"{prefix}-{number}" in known:
        number += 1
    return f"{prefix}-{number}"
