"""Every statement about the lease and how far it has judged."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Lease:
    """What the holder took over: its fencing number, and up to when all has been judged."""

    epoch: int
    judged_until: datetime | None


# The row stays locked until the transaction ends, so whatever else is written in it is fenced:
# nobody can take over in between. A holder that stops in mid-transaction is cut off by the server.
_TAKE = text(
    """
    INSERT INTO alert_lease AS kept (id, holder, epoch, expires_at, ticked_at)
    VALUES (1, :holder, 1, :expires_at, :now)
    ON CONFLICT (id) DO UPDATE SET
        holder = excluded.holder,
        epoch = kept.epoch + CASE WHEN kept.holder = excluded.holder THEN 0 ELSE 1 END,
        expires_at = excluded.expires_at,
        ticked_at = excluded.ticked_at
    WHERE kept.holder = excluded.holder OR kept.expires_at <= :now
    RETURNING epoch, judged_until
    """
)


async def take(
    connection: AsyncConnection, *, holder: str, now: datetime, lease_for: timedelta
) -> Lease | None:
    """Take or keep the lease, and hold it locked; nothing while it is another's."""
    if await _is_anothers(connection, holder=holder, now=now):
        return None
    await connection.execute(
        text("SELECT set_config('idle_in_transaction_session_timeout', '15s', true)")
    )
    found = await connection.execute(
        _TAKE, {"holder": holder, "now": now, "expires_at": now + lease_for}
    )
    row = found.one_or_none()
    return None if row is None else Lease(row.epoch, row.judged_until)


async def _is_anothers(connection: AsyncConnection, *, holder: str, now: datetime) -> bool:
    """Seen without waiting: the holder keeps the row locked for as long as its tick lasts."""
    row = (
        await connection.execute(
            text(
                """
                SELECT holder <> :holder AND expires_at > :now,
                       (SELECT count(*) = 0 FROM (SELECT 1 FROM alert_lease WHERE id = 1
                                                  FOR UPDATE SKIP LOCKED) AS free)
                FROM alert_lease WHERE id = 1
                """
            ),
            {"holder": holder, "now": now},
        )
    ).one_or_none()
    return row is not None and bool(row[0] or row[1])


async def advance(connection: AsyncConnection, *, epoch: int, judged_until: datetime) -> bool:
    """Everything up to then has been judged; False if the lease is no longer ours."""
    moved = await connection.execute(
        text(
            "UPDATE alert_lease SET judged_until = :judged_until "
            "WHERE id = 1 AND epoch = :epoch RETURNING id"
        ),
        {"epoch": epoch, "judged_until": judged_until},
    )
    return moved.one_or_none() is not None


async def give_back(connection: AsyncConnection, *, holder: str, now: datetime) -> None:
    """Let the next service begin at once."""
    await connection.execute(
        text("UPDATE alert_lease SET expires_at = :now WHERE id = 1 AND holder = :holder"),
        {"holder": holder, "now": now},
    )
