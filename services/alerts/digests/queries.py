"""Statements about messages that are over a cap: which address waits for a digest, and of what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.access import Role
from shared.domain.delivery import Channel


@dataclass(frozen=True, slots=True)
class Held:
    """What one address has not been told; `digested_at`: when it got the last digest."""

    channel: Channel
    address: str
    user_id: int
    role: Role
    language: str
    priority: int
    ids: Sequence[int]
    subjects: Sequence[str]
    oldest_at: datetime
    digested_at: datetime | None


_WAITING = text(
    """
    SELECT held.channel, held.address, held.user_id, held.role, held.language, held.priority,
           held.ids, held.subjects, held.oldest_at,
           (SELECT max(d.created_at) FROM notification d
            WHERE d.address = held.address AND d.channel = held.channel AND d.kind = 'digest'
              AND d.created_at > CAST(:digests_since AS timestamptz))
    FROM (
        SELECT channel, address, coalesce(max(user_id), 0) AS user_id,
               (array_agg(role ORDER BY id DESC))[1] AS role,
               (array_agg(language ORDER BY id DESC))[1] AS language,
               max(priority) AS priority,
               array_agg(id ORDER BY priority DESC, id) AS ids,
               array_agg(subject ORDER BY priority DESC, id) AS subjects,
               min(created_at) AS oldest_at
        FROM notification
        WHERE state = 'digested' AND digest_id IS NULL
        GROUP BY channel, address
        ORDER BY min(created_at) LIMIT 200
    ) AS held
    """
)


async def waiting(connection: AsyncConnection, *, digests_since: datetime) -> list[Held]:
    """Every address that is not told everything; what is most urgent comes first."""
    found = await connection.execute(_WAITING, {"digests_since": digests_since})
    return [Held(Channel(row[0]), row[1], row[2], Role(row[3]), *row[4:]) for row in found]


async def keep_others_out(connection: AsyncConnection) -> bool:
    """False if another service is writing digests just now; until the transaction ends."""
    found = await connection.scalar(
        text("SELECT pg_try_advisory_xact_lock(hashtext('giamsat alerts digests'))")
    )
    return bool(found)


async def told_in(connection: AsyncConnection, message_id: str, ids: Sequence[int]) -> None:
    """These are told in that digest."""
    await connection.execute(
        text(
            """
            UPDATE notification held SET digest_id = digest.id
            FROM notification digest
            WHERE digest.message_id = :message_id AND held.id = ANY(CAST(:ids AS bigint[]))
              AND held.digest_id IS NULL
            """
        ),
        {"message_id": message_id, "ids": list(ids)},
    )
