"""Statements about pushes: to which browsers, about what, and which of them are no more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Claimed
from shared.domain import web_push
from shared.domain.states import Severity
from shared.domain.web_push import Subscription

# One of them only, where that one is to be tried out.
_BROWSERS = text(
    """
    SELECT c.address, c.keys ->> 'p256dh' AS p256dh, c.keys ->> 'auth' AS auth
    FROM contact_point c
    WHERE c.user_id = :user_id AND c.channel = 'push' AND c.removed_at IS NULL
      AND c.verified_at IS NOT NULL AND :address IN (:all_of_them, c.address)
      AND NOT EXISTS (SELECT FROM address_fault f
                      WHERE f.channel = 'push' AND f.address = c.address)
    ORDER BY c.id
    """
)


async def browsers(connection: AsyncConnection, claimed: Claimed) -> Sequence[Subscription]:
    """Where a message goes: all browsers of its reader that are still there."""
    if claimed.user_id is None:
        return []
    found = await connection.execute(
        _BROWSERS,
        {
            "user_id": claimed.user_id,
            "address": claimed.address,
            "all_of_them": web_push.address_of_browsers(claimed.user_id),
        },
    )
    return [web_push.subscription(row.address, row.p256dh, row.auth) for row in found]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message is about, as far as a push says it."""

    severity: Severity
    since_at: datetime
    time_zone: str
    is_open: bool


_SUBJECT = text(
    """
    SELECT i.severity, i.since_at, i.state = 'open' AS is_open, f.time_zone
    FROM incident i LEFT JOIN facility f ON f.id = i.facility_id
    WHERE i.id = :incident_id
    """
)


async def subject(connection: AsyncConnection, claimed: Claimed) -> Subject | None:
    """Nothing, if it is about no incident."""
    if claimed.incident_id is None:
        return None
    row = (await connection.execute(_SUBJECT, {"incident_id": claimed.incident_id})).one()
    zone = row.time_zone or "Asia/Ho_Chi_Minh"
    return Subject(Severity(row.severity), row.since_at, zone, row.is_open)


async def flag(connection: AsyncConnection, endpoints: Collection[str], *, now: datetime) -> None:
    """Its push service says that these browsers are no more; a browser never gets one back."""
    await connection.execute(
        text(
            """
            INSERT INTO address_fault (channel, address, since_at, reason)
            SELECT 'push', gone.endpoint, CAST(:now AS timestamptz), 'gone'
            FROM unnest(CAST(:endpoints AS text[])) AS gone (endpoint)
            ON CONFLICT DO NOTHING
            """
        ),
        {"endpoints": sorted(endpoints), "now": now},
    )
