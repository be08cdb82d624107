"""Statements about messages that did not arrive, and addresses that do not take any."""

from collections.abc import Mapping, Sequence
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


_LOST = text(
    """
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
           n.kind = 'test'
           OR (n.kind IN ('alert', 'escalation', 'reminder', 'news')
               AND (i.acknowledged_at IS NOT NULL OR i.state <> 'open'))
           OR EXISTS (SELECT FROM notification other WHERE other.instead_of = n.id) AS is_settled
    FROM notification n
    JOIN tried ON tried.lost_id = n.id
    LEFT JOIN incident i ON i.id = n.incident_id
    ORDER BY n.id
    """
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


async def clear(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """These messages arrived, so their addresses take messages."""
    await connection.execute(
        text(
            """
            DELETE FROM address_fault fault USING notification n
            WHERE n.id = ANY(CAST(:ids AS bigint[]))
              AND fault.channel = n.channel AND fault.address = n.address
            """
        ),
        {"ids": list(ids)},
    )
