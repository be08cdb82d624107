"""The quarantine in the database: counted, bounded, and given back for a replay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, LargeBinary, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

_TEXTS = ARRAY(Text)
_TIMES = ARRAY(DateTime(timezone=True))
_BIGINTS = ARRAY(BigInteger)

_COUNT_REFUSED = text(
    """
    INSERT INTO quarantine AS kept
        (reason, topic, facility_code, device_code, sample, count, first_at, last_at)
    SELECT * FROM unnest(:reasons, :topics, :facilities, :devices, :samples, :counts, :firsts,
                         :lasts)
    ON CONFLICT (topic, reason) DO UPDATE SET
        sample = excluded.sample, count = kept.count + excluded.count,
        last_at = greatest(kept.last_at, excluded.last_at)
    RETURNING id, topic, reason
    """
).bindparams(
    *(bindparam(name, type_=_TEXTS) for name in ("reasons", "topics", "facilities", "devices")),
    bindparam("samples", type_=_TEXTS),
    bindparam("counts", type_=_BIGINTS),
    bindparam("firsts", type_=_TIMES),
    bindparam("lasts", type_=_TIMES),
)


async def count_refused(
    connection: AsyncConnection, columns: dict[str, list[Any]]
) -> dict[tuple[str, str], int]:
    """Add to the quarantine, one row a topic and reason; returns their ids by these two."""
    rows = await connection.execute(_COUNT_REFUSED, columns)
    return {(topic, reason): row_id for row_id, topic, reason in rows}


_KEEP_MESSAGES = text(
    """
    INSERT INTO quarantine_message (quarantine_id, received_at, payload)
    SELECT * FROM unnest(:entries, :received, :payloads)
    """
).bindparams(
    bindparam("entries", type_=_BIGINTS),
    bindparam("received", type_=_TIMES),
    bindparam("payloads", type_=ARRAY(LargeBinary)),
)


async def keep_messages(
    connection: AsyncConnection, kept: Sequence[tuple[int, datetime, bytes]]
) -> None:
    """(entry, received at, payload) of whole messages, for a replay."""
    entries, received, payloads = (list(column) for column in zip(*kept, strict=True))
    await connection.execute(
        _KEEP_MESSAGES, {"entries": entries, "received": received, "payloads": payloads}
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A replay somebody asked for."""

    request_id: int
    quarantine_id: int
    topic: str


async def asked_for(connection: AsyncConnection, *, after_id: int) -> Asked | None:
    """The oldest replay that was asked for and is not carried out."""
    rows = await connection.execute(
        text(
            """
            SELECT request.id, entry.id, entry.topic
            FROM replay_request request JOIN quarantine entry ON entry.id = request.quarantine_id
            WHERE request.id > :after_id AND request.id > entry.served_request_id
            ORDER BY request.id LIMIT 1
            """
        ),
        {"after_id": after_id},
    )
    row = rows.one_or_none()
    return None if row is None else Asked(*row)


async def kept_messages(
    connection: AsyncConnection, quarantine_id: int
) -> list[tuple[int, datetime, bytes]]:
    """(id, received at, payload) of what is kept of an entry, oldest first."""
    rows = await connection.execute(
        text(
            "SELECT id, received_at, payload FROM quarantine_message "
            "WHERE quarantine_id = :id ORDER BY id"
        ),
        {"id": quarantine_id},
    )
    return [(row[0], row[1], bytes(row[2])) for row in rows]


async def settle_replay(
    connection: AsyncConnection, asked: Asked, message_ids: Sequence[int], *, now: datetime
) -> None:
    """What was replayed is no longer kept: it is credited, or in quarantine anew."""
    settled = await connection.execute(
        text(
            "UPDATE quarantine SET served_request_id = :request, replayed_at = :now, "
            "replayed = replayed + :count WHERE id = :id AND served_request_id < :request"
        ),
        {
            "request": asked.request_id,
            "id": asked.quarantine_id,
            "count": len(message_ids),
            "now": now,
        },
    )
    if settled.rowcount:
        await connection.execute(
            text("DELETE FROM quarantine_message WHERE id = ANY(:ids)").bindparams(
                bindparam("ids", type_=_BIGINTS)
            ),
            {"ids": list(message_ids)},
        )


async def trim(
    connection: AsyncConnection,
    *,
    entries: int,
    messages: int,
    payload_bytes: int,
    oldest: datetime,
) -> None:
    """Keep so many entries, messages an entry and bytes in all, the newest; none received before.

    Whoever asks for more than that has a fault that need not be counted to the last message.
    """
    await connection.execute(
        text(
            "DELETE FROM quarantine WHERE id IN "
            "(SELECT id FROM quarantine ORDER BY last_at DESC, id DESC OFFSET :entries)"
        ),
        {"entries": entries},
    )
    await connection.execute(
        text(
            """
            DELETE FROM quarantine_message WHERE received_at < :oldest OR id IN (
                SELECT id FROM (
                    SELECT id, row_number() OVER (PARTITION BY quarantine_id ORDER BY id DESC) AS n,
                           sum(length(payload)) OVER (ORDER BY id DESC) AS bytes
                    FROM quarantine_message) AS counted
                WHERE n > :messages OR bytes > :payload_bytes)
            """
        ),
        {"messages": messages, "payload_bytes": payload_bytes, "oldest": oldest},
    )
