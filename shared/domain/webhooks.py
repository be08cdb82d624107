"""Which events an agency is told of at once, in which form, and how it knows that we said so.

The call is a bell, not the data: it names the grant under which there is something new to pull,
and the facility only where the grant shows facilities by name. CloudEvents 1.0 in structured mode,
signed as Standard Webhooks 1.0 says.

    pending ──taken──▶ sent
       ├──48 hours──▶ dead
       ├──410──▶ gone, and nobody calls there any more
       └──nothing may be told any more──▶ cancelled: `NotMade` says why
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from shared.domain.disclosure import Dataset, Level
from shared.domain.incidents import EventKind

SALT_BYTES: Final = 24
#: Whoever asks for more is called after this all the same, unless the call is given up.
LONGEST_WAIT: Final = timedelta(days=2)
_PURPOSE: Final = b"giamsat webhook secret"


class EventType(StrEnum):
    """What an agency may ask to be told of."""

    GAP_OPENED = "vn.giamsat.gap.opened"
    GAP_CLOSED = "vn.giamsat.gap.closed"
    GAP_CORRECTED = "vn.giamsat.gap.corrected"
    INCIDENT_OPENED = "vn.giamsat.incident.opened"
    INCIDENT_ESCALATED = "vn.giamsat.incident.escalated"
    INCIDENT_ACKNOWLEDGED = "vn.giamsat.incident.acknowledged"
    INCIDENT_RESOLVED = "vn.giamsat.incident.resolved"
    INCIDENT_CORRECTED = "vn.giamsat.incident.corrected"


TYPE_OF: Final[Mapping[EventKind, EventType]] = {
    EventKind.GAP_OPENED: EventType.GAP_OPENED,
    EventKind.GAP_CLOSED: EventType.GAP_CLOSED,
    EventKind.GAP_SHORTENED: EventType.GAP_CORRECTED,
    EventKind.GAP_MOVED: EventType.GAP_CORRECTED,
    EventKind.GAP_REPAIRED: EventType.GAP_CORRECTED,
    EventKind.INCIDENT_OPENED: EventType.INCIDENT_OPENED,
    EventKind.TOLD: EventType.INCIDENT_ESCALATED,
    EventKind.ACKNOWLEDGED: EventType.INCIDENT_ACKNOWLEDGED,
    EventKind.RESOLVED: EventType.INCIDENT_RESOLVED,
    EventKind.CORRECTED: EventType.INCIDENT_CORRECTED,
}


def dataset_of(what: EventType) -> Dataset:
    """Under a grant of which data somebody may hear of this."""
    return Dataset.GAPS if what.startswith("vn.giamsat.gap.") else Dataset.INCIDENTS


class NotMade(StrEnum):
    """Why a call that waited is not made any more."""

    WEBHOOK_REMOVED = "webhook_removed"
    AGENCY_REVOKED = "agency_revoked"
    #: It has no key in force, so it could not pull either.
    NO_KEY = "no_key"
    #: It answered 410.
    GONE = "gone"
    GRANT_ENDED = "grant_ended"


def wait_of(retry_after: str, *, now: datetime) -> timedelta:
    """How long the header `Retry-After` asks us to stay away: seconds, or a date. Else no time."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(timedelta(seconds=int(retry_after[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return timedelta(0)
    if until.tzinfo is None:
        return timedelta(0)
    return min(max(until - now, timedelta(0)), LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Call:
    """One event for one webhook, under one grant."""

    event_id: int
    grant_id: int
    what: EventType
    level: Level
    facility: str
    happened_at: datetime
    source: str

    @property
    def id(self) -> str:
        """The same at every attempt: by it a receiver knows a repeat."""
        # No full stop: it divides what is signed.
        return f"{self.event_id}-{self.grant_id}"

    def as_cloud_event(self) -> dict[str, object]:
        is_named = self.level is Level.NAMED
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.what.value,
            "time": self.happened_at.isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            **({"subject": self.facility} if is_named else {}),
            "data": {"grant": self.grant_id, "dataset": dataset_of(self.what).value},
        }


def secret_of(salt: bytes, key: bytes) -> str:
    """What sender and receiver share. It lies nowhere: it follows from our key and a row's salt."""
    secret = hmac.digest(key, _PURPOSE + salt, hashlib.sha256)
    return "whsec_" + base64.b64encode(secret).decode()


def signed(
    body: bytes, *, call_id: str, sent_at: datetime, secrets: Sequence[str]
) -> dict[str, str]:
    """The headers that prove it was us; a signature for each secret while our key is changed."""
    stamp = str(int(sent_at.timestamp()))
    content = f"{call_id}.{stamp}.".encode() + body
    signatures = [
        "v1," + base64.b64encode(hmac.digest(_key(secret), content, hashlib.sha256)).decode()
        for secret in secrets
    ]
    return {
        "webhook-id": call_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))
