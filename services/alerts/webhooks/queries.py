"""Statements about webhooks: which calls are due under which grants, and how each ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.disclosure import Level
from shared.domain.webhooks import TYPE_OF, Call, EventType, NotMade, dataset_of

# Of a webhook, its agency and a grant: why nothing may be told, or nothing if it may. Whoever has
# no key in force cannot pull, and whoever answered 410 does not want to hear.
_WHY_NOT: Final = f"""CASE
    WHEN w.removed_at IS NOT NULL THEN '{NotMade.WEBHOOK_REMOVED}'
    WHEN c.revoked_at IS NOT NULL THEN '{NotMade.AGENCY_REVOKED}'
    WHEN NOT EXISTS (SELECT FROM agency_key k
                     WHERE k.client_id = c.id AND k.revoked_at IS NULL
                       AND (k.not_after IS NULL OR k.not_after > CAST(:now AS timestamptz)))
    THEN '{NotMade.NO_KEY}'
    WHEN EXISTS (SELECT FROM webhook_call gone
                 WHERE gone.webhook_id = w.id AND gone.state = 'gone')
    THEN '{NotMade.GONE}'
    WHEN g.approved_at IS NULL OR g.refused_at IS NOT NULL OR g.revoked_at IS NOT NULL
         OR g.valid_from > CAST(:now AS timestamptz) OR g.valid_to <= CAST(:now AS timestamptz)
    THEN '{NotMade.GRANT_ENDED}' END"""  # noqa: S608 - the parts stand here
_IN_FORCE: Final = f"({_WHY_NOT}) IS NULL"
_OF: Final = "JOIN agency_client c ON c.id = w.client_id"

_IS_ANY: Final = text(
    "SELECT EXISTS (SELECT FROM webhook WHERE removed_at IS NULL) "
    "OR EXISTS (SELECT FROM webhook_call WHERE state = 'pending')"
)

# Events of a tick become visible all at once and in order, and no others are called for: so none
# is passed over that is still to come. The row is locked: one of us at a time.
_ADVANCE: Final = text(
    """
    INSERT INTO webhook_progress AS kept (id, event_id)
    SELECT 1, coalesce(max(e.id), 0) FROM event e
    WHERE e.kind = ANY(CAST(:kinds AS text[]))
      AND e.id > coalesce((SELECT event_id FROM webhook_progress), 0)
    ON CONFLICT (id) DO UPDATE SET event_id = greatest(kept.event_id, excluded.event_id)
    RETURNING event_id
    """
)
_CALL: Final = text(
    f"""
    WITH RECURSIVE news AS MATERIALIZED (
        SELECT e.id, e.happened_at, f.id AS facility_id, f.admin_unit_id, t.type, t.dataset
        FROM event e
        JOIN unnest(CAST(:kinds AS text[]), CAST(:types AS text[]), CAST(:datasets AS text[]))
             AS t (kind, type, dataset) ON t.kind = e.kind
        JOIN facility f ON f.id = e.facility_id
        WHERE e.id > :since AND e.id <= :until
    ), place AS (
        SELECT DISTINCT facility_id, admin_unit_id AS unit_id FROM news
        UNION
        SELECT place.facility_id, u.parent_id FROM place JOIN admin_unit u ON u.id = place.unit_id
        WHERE u.parent_id IS NOT NULL
    )
    INSERT INTO webhook_call (webhook_id, event_id, grant_id, type, state, created_at, due_at)
    SELECT w.id, news.id, g.id, news.type, 'pending', CAST(:now AS timestamptz),
           CAST(:now AS timestamptz)
    FROM webhook w {_OF}
    JOIN sharing_grant g ON g.client_id = c.id AND g.level <> 'aggregate'
    JOIN news ON news.type = ANY(w.events) AND news.dataset = g.dataset
             AND news.happened_at >= w.created_at
    WHERE {_IN_FORCE} AND (
        g.facility_id = news.facility_id
        OR (g.facility_id IS NULL AND g.admin_unit_id IS NULL)
        OR EXISTS (SELECT FROM place WHERE place.facility_id = news.facility_id
                   AND place.unit_id = g.admin_unit_id))
    ORDER BY news.id, g.id, w.id
    ON CONFLICT DO NOTHING
    """  # noqa: S608 - the parts stand here
)
_CANCEL: Final = text(
    f"""
    UPDATE webhook_call
    SET state = 'cancelled', ended_at = CAST(:now AS timestamptz), detail = {_WHY_NOT}
    FROM webhook w {_OF}, sharing_grant g
    WHERE webhook_call.state = 'pending' AND w.id = webhook_call.webhook_id
      AND g.id = webhook_call.grant_id AND NOT ({_IN_FORCE})
    """  # noqa: S608 - the parts stand here
)


async def is_any(connection: AsyncConnection) -> bool:
    return bool(await connection.scalar(_IS_ANY))


async def call_for_news(connection: AsyncConnection, *, now: datetime) -> None:
    """Whatever happened since the last time, for everybody who may know of it. Once each."""
    since = await connection.scalar(
        text("SELECT event_id FROM webhook_progress WHERE id = 1 FOR UPDATE")
    )
    kinds = list(TYPE_OF)
    until = await connection.scalar(_ADVANCE, {"kinds": kinds})
    if since is None or until == since:
        return
    await connection.execute(
        _CALL,
        {
            "kinds": kinds,
            "types": list(TYPE_OF.values()),
            "datasets": [dataset_of(what) for what in TYPE_OF.values()],
            "since": since,
            "until": until,
            "now": now,
        },
    )


async def cancel(connection: AsyncConnection, *, now: datetime) -> None:
    """What may not be known any more is not told, however late."""
    await connection.execute(_CANCEL, {"now": now})


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call that is ours to make now."""

    id: int
    url: str
    salt: bytes
    call: Call
    attempts: int
    created_at: datetime


# A claim is a due date moved ahead, and the calls of one webhook are made in order. Whether it may
# be told is asked in the same statement: between a look and a call, somebody may revoke.
_CLAIM: Final = text(
    f"""
    WITH next AS (
        SELECT n.id FROM webhook_call n JOIN webhook w ON w.id = n.webhook_id {_OF}
        JOIN sharing_grant g ON g.id = n.grant_id
        WHERE {_IN_FORCE} AND n.state = 'pending' AND n.due_at <= CAST(:now AS timestamptz)
          AND NOT EXISTS (SELECT FROM webhook_call earlier
                          WHERE earlier.webhook_id = n.webhook_id AND earlier.state = 'pending'
                            AND earlier.id < n.id)
        ORDER BY n.due_at LIMIT 1 FOR UPDATE OF n SKIP LOCKED
    ), claimed AS (
        UPDATE webhook_call SET attempts = attempts + 1, due_at = CAST(:again AS timestamptz)
        FROM next WHERE webhook_call.id = next.id
        RETURNING webhook_call.*
    )
    SELECT claimed.id, w.url, w.salt, claimed.event_id, claimed.grant_id, claimed.type, g.level,
           f.code AS facility, e.happened_at, claimed.attempts, claimed.created_at
    FROM claimed JOIN webhook w ON w.id = claimed.webhook_id
    JOIN sharing_grant g ON g.id = claimed.grant_id
    JOIN event e ON e.id = claimed.event_id JOIN facility f ON f.id = e.facility_id
    """  # noqa: S608 - the parts stand here
)


async def claim(
    connection: AsyncConnection, *, source: str, now: datetime, again: datetime
) -> Claimed | None:
    found = (await connection.execute(_CLAIM, {"now": now, "again": again})).one_or_none()
    return None if found is None else _claimed(found, source)


def _claimed(row: Any, source: str) -> Claimed:
    call = Call(
        row.event_id, row.grant_id, EventType(row.type), Level(row.level), row.facility,
        row.happened_at, source,
    )  # fmt: skip
    return Claimed(row.id, row.url, bytes(row.salt), call, row.attempts, row.created_at)


async def end(
    connection: AsyncConnection, claimed: Claimed, state: str, *, detail: str, now: datetime
) -> None:
    await connection.execute(
        text(
            "UPDATE webhook_call SET state = :state, detail = :detail, "
            "ended_at = CAST(:now AS timestamptz) WHERE id = :id AND state = 'pending'"
        ),
        {"id": claimed.id, "state": state, "detail": detail[:500], "now": now},
    )


async def postpone(
    connection: AsyncConnection, claimed: Claimed, *, due_at: datetime, detail: str
) -> None:
    await connection.execute(
        text(
            "UPDATE webhook_call SET due_at = CAST(:due_at AS timestamptz), detail = :detail "
            "WHERE id = :id AND state = 'pending' AND attempts = :attempts"
        ),
        {"id": claimed.id, "due_at": due_at, "detail": detail[:500], "attempts": claimed.attempts},
    )
