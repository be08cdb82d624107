"""Statements about an outbox whose messages hold a secret: claim, send, give up, and empty."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Claimed


@dataclass(frozen=True, slots=True)
class Kept:
    """A table, and which of its columns nobody may read once a message has left it."""

    table: Table
    secrets: tuple[str, ...]


async def claim(
    connection: AsyncConnection, kept: Kept, *, now: datetime, due_again_at: datetime
) -> Row[Any] | None:
    """The next one due, not one whose secret is over.

    A claim is a due date moved ahead: whoever claims and dies leaves the message due again.
    """
    table = kept.table
    due = (
        select(table.c.id)
        .where(table.c.state == "pending", table.c.due_at <= now, table.c.expires_at > now)
        .order_by(table.c.due_at, table.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claimed = await connection.execute(
        update(table)
        .where(table.c.id == due.c.id)
        .values(attempts=table.c.attempts + 1, due_at=due_again_at)
        .returning(table)
    )
    found: Row[Any] | None = claimed.one_or_none()
    return found


async def mark_sent(
    connection: AsyncConnection, kept: Kept, message_id: int, *, now: datetime, **known: object
) -> None:
    """From now on the secret is in nobody's hands but its reader's. `known`: who took it over."""
    await _end(connection, kept, message_id, state="sent", sent_at=now, **known)


async def bury(connection: AsyncConnection, kept: Kept, message_id: int) -> None:
    """It will never be sent; whoever waits for it sees that it was not."""
    await _end(connection, kept, message_id, state="dead")


async def _end(connection: AsyncConnection, kept: Kept, message_id: int, **values: object) -> None:
    table = kept.table
    await connection.execute(
        update(table)
        .where(table.c.id == message_id, table.c.state == "pending")
        .values(**_emptied(kept), **values)
    )


async def bury_expired(connection: AsyncConnection, kept: Kept, *, now: datetime) -> None:
    """What could not be sent while its secret was good."""
    table = kept.table
    await connection.execute(
        update(table)
        .where(table.c.state == "pending", table.c.expires_at <= now)
        .values(**_emptied(kept), state="dead")
    )


async def postpone(
    connection: AsyncConnection, kept: Kept, claimed: Claimed, *, due_at: datetime
) -> None:
    """Unless someone else has claimed it meanwhile."""
    table = kept.table
    await connection.execute(
        update(table)
        .where(
            table.c.id == claimed.id,
            table.c.state == "pending",
            table.c.attempts == claimed.attempts,
        )
        .values(due_at=due_at)
    )


def _emptied(kept: Kept) -> dict[str, str]:
    return dict.fromkeys(kept.secrets, "")
