"""Statements about messages that did not arrive, and addresses that do not take any."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
from shared.domain.delivery import Channel


@dataclass(frozen=True, slots=True)
class Lost:
    """A message that did not arrive.

    `is_settled`: nobody has to be told any more, or somebody has been told instead.
    """

    id: int
    incident_id: int | None
    facility_id: int | None
    user_id: int | None
    kind: str
    priority: int
    occasion: int
    channel: Channel
    address: str
    language: str
    role: Role
    subject: str
    body: str
    short: str
    message_id: str
    attempts: int
    order: tuple[Channel, ...]
    tried_channels: Sequence[str]
    tried_addresses: Sequence[str]
    is_settled: bool

    @property
    def tried(self) -> set[tuple[Channel, str]]:
        """Where it was sent, and what it stands for before it."""
        return set(zip(map(Channel, self.tried_channels), self.tried_addresses, strict=True))


#: Of `n` and its incident `i`: nobody has to be told of it any more, or somebody is.
_IS_SETTLED = """(
    n.kind = 'test'
    OR (n.kind IN ('alert', 'escalation', 'reminder', 'news')
        AND (i.acknowledged_at IS NOT NULL OR i.state <> 'open'))
    OR EXISTS (SELECT FROM notification other WHERE other.instead_of = n.id))"""

_LOST = text(
    f"""
    WITH RECURSIVE chain AS (
        SELECT n.id AS lost_id, n.instead_of, n.channel, n.address
        FROM notification n WHERE n.id = ANY(CAST(:ids AS bigint[]))
        UNION ALL
        SELECT chain.lost_id, n.instead_of, n.channel, n.address
        FROM chain JOIN notification n ON n.id = chain.instead_of
    ), tried AS (
        SELECT lost_id, array_agg(channel) AS channels, array_agg(address) AS addresses
        FROM chain GROUP BY lost_id
    )
    SELECT n.id, n.incident_id, i.facility_id, n.user_id, n.kind, n.priority, n.occasion,
           n.channel, n.address, n.language, n.role, n.subject, n.body, n.short, n.message_id,
           n.attempts, n.channels,
           tried.channels AS tried_channels, tried.addresses AS tried_addresses,
           {_IS_SETTLED} AS is_settled
    FROM notification n
    JOIN tried ON tried.lost_id = n.id
    LEFT JOIN incident i ON i.id = n.incident_id
    ORDER BY n.id
    """  # noqa: S608 - the parts stand here
)


async def lost(connection: AsyncConnection, ids: Sequence[int]) -> list[Lost]:
    found = await connection.execute(_LOST, {"ids": list(ids)})
    return [_lost(row) for row in found]


def _lost(row: Row[*tuple[Any, ...]]) -> Lost:
    return replace(
        Lost(*row),
        channel=Channel(row.channel),
        role=Role(row.role),
        order=tuple(Channel(channel) for channel in row.channels),
        is_settled=bool(row.is_settled),
    )


async def flag(connection: AsyncConnection, reasons: Mapping[int, str], *, now: datetime) -> None:
    """The addresses of these messages take nothing; since when, stays."""
    if not reasons:
        return
    await connection.execute(
        text(
            """
            INSERT INTO address_fault (channel, address, since_at, reason)
            SELECT DISTINCT ON (n.channel, n.address) n.channel, n.address,
                   CAST(:now AS timestamptz), bad.reason
            FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS bad (id, reason)
            JOIN notification n ON n.id = bad.id
            ON CONFLICT (channel, address) DO UPDATE SET reason = excluded.reason
            """
        ),
        {"ids": list(reasons), "reasons": list(reasons.values()), "now": now},
    )


# Mail that was taken and did not come back for a while has arrived; others are told by a receipt.
_CLEAR = text(
    """
    DELETE FROM address_fault fault
    WHERE EXISTS (
        SELECT FROM notification n
        WHERE n.address = fault.address AND n.channel = fault.channel
          AND n.created_at > fault.since_at AND n.state = 'sent'
          AND (n.receipt = 'delivered'
               OR (n.channel = 'email' AND n.receipt IS NULL
                   AND n.sent_at < CAST(:quiet_since AS timestamptz))))
    """
)


async def clear(connection: AsyncConnection, *, quiet_since: datetime) -> None:
    """Addresses that have taken a message since take messages."""
    await connection.execute(_CLEAR, {"quiet_since": quiet_since})


# Two services may look at the same time: each takes what the other does not hold.
_REFUSED_LATER = text(
    """
    UPDATE notification SET state = 'dead', dead_at = CAST(:now AS timestamptz)
    WHERE id IN (
        SELECT id FROM notification
        WHERE receipt_due_at > CAST(:since AS timestamptz)
          AND state = 'sent' AND receipt = 'failed'
        LIMIT 200 FOR UPDATE SKIP LOCKED)
    RETURNING id
    """
)
_UNREPORTED = text(
    """
    UPDATE notification SET receipt = 'never', receipt_at = CAST(:now AS timestamptz)
    WHERE id IN (
        SELECT id FROM notification
        WHERE receipt_due_at BETWEEN CAST(:since AS timestamptz) AND CAST(:now AS timestamptz)
          AND state = 'sent' AND receipt IS NULL
        LIMIT 200 FOR UPDATE SKIP LOCKED)
    RETURNING id
    """
)
# What went out already has waited only since its receipt was due.
_SLOW = text(
    """
    SELECT id FROM notification
    WHERE state = 'pending' AND created_at <= CAST(:waiting_since AS timestamptz)
      AND (receipt_due_at IS NULL OR receipt_due_at <= CAST(:waiting_since AS timestamptz))
      AND channels <> '{}'
    ORDER BY created_at LIMIT 200 FOR UPDATE SKIP LOCKED
    """
)


async def refused_later(
    connection: AsyncConnection, *, since: datetime, now: datetime
) -> list[int]:
    """Taken over, and then reported as not delivered: they are dead now."""
    found = await connection.execute(_REFUSED_LATER, {"since": since, "now": now})
    return sorted(found.scalars())


async def unreported(connection: AsyncConnection, *, since: datetime, now: datetime) -> list[int]:
    """A receipt was promised, and has not come in time."""
    found = await connection.execute(_UNREPORTED, {"since": since, "now": now})
    return sorted(found.scalars())


# Whoever took it is not asked again: one that knows our keys would only say that it has it.
_SEND_AGAIN = text(
    f"""
    WITH silent AS (
        SELECT n.id FROM notification n LEFT JOIN incident i ON i.id = n.incident_id
        WHERE n.receipt_due_at BETWEEN CAST(:since AS timestamptz) AND CAST(:now AS timestamptz)
          AND n.state = 'sent' AND n.receipt IS NULL AND n.channel = 'sms' AND NOT {_IS_SETTLED}
          AND EXISTS (
              SELECT FROM unnest(CAST(:gateways AS text[])) AS gateway (name)
              WHERE NOT EXISTS (
                  SELECT FROM delivery_attempt a
                  WHERE a.notification_id = n.id AND a.provider = gateway.name
                    AND a.outcome = 'accepted'))
        LIMIT 200 FOR UPDATE OF n SKIP LOCKED)
    UPDATE notification SET state = 'pending', due_at = CAST(:now AS timestamptz)
    FROM silent WHERE notification.id = silent.id
    RETURNING notification.id, notification.provider
    """  # noqa: S608 - the parts stand here
)


async def send_again(
    connection: AsyncConnection, gateways: Collection[str], *, since: datetime, now: datetime
) -> dict[int, str]:
    """Short messages whose receipt stays away while a gateway is left: due again. By which one
    each was taken."""
    found = await connection.execute(
        _SEND_AGAIN, {"gateways": list(gateways), "since": since, "now": now}
    )
    return {row.id: row.provider for row in found}


async def slow(connection: AsyncConnection, *, waiting_since: datetime) -> list[int]:
    """Not handed over for too long, and not looked at before."""
    found = await connection.execute(_SLOW, {"waiting_since": waiting_since})
    return sorted(found.scalars())


async def look_no_more(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """These go on being tried as they are; what there was besides has been tried now."""
    await connection.execute(
        text("UPDATE notification SET channels = '{}' WHERE id = ANY(CAST(:ids AS bigint[]))"),
        {"ids": list(ids)},
    )
