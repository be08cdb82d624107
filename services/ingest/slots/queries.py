"""The rows of `ingest_worker`: one for each slot that somebody holds, or held a moment ago.

Times are the database's own, so workers on several machines need not agree on theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.coverage import blind_span, ingest_worker


@dataclass(frozen=True, slots=True)
class Claimed:
    """A slot that is ours now, and how far its last holder had seen."""

    slot: int
    seen_until: datetime


async def take_slot(connection: AsyncConnection, slot: int, *, boot: str, now: datetime) -> Claimed:
    """Take over a slot that is ours by settings; it goes on from where its last holder was."""
    statement = insert(ingest_worker).values(
        slot=slot, boot=boot, started_at=now, flushed_at=text("clock_timestamp()"), seen_until=now
    )
    taken = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["slot"],
            set_={"boot": boot, "started_at": now, "flushed_at": text("clock_timestamp()")},
        ).returning(ingest_worker.c.seen_until)
    )
    return Claimed(slot, taken.scalar_one())


async def take_dead_slot(
    connection: AsyncConnection, *, boot: str, besides: int, dead_after_s: float, now: datetime
) -> Claimed | None:
    """Take over a slot whose holder has not flushed for so long, if there is one: one winner.

    `besides` is the slot we stand in. One we took over before and could not hand on is dead again.
    """
    taken = await connection.execute(
        text(
            """
            UPDATE ingest_worker SET boot = :boot, started_at = :now,
                                     flushed_at = clock_timestamp()
            WHERE slot = (SELECT slot FROM ingest_worker
                          WHERE slot <> :besides
                            AND flushed_at < clock_timestamp() - make_interval(secs => :dead_after)
                          ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING slot, seen_until
            """
        ),
        {"boot": boot, "besides": besides, "now": now, "dead_after": dead_after_s},
    )
    row = taken.one_or_none()
    return None if row is None else Claimed(*row)


async def take_free_slot(
    connection: AsyncConnection, *, boot: str, now: datetime
) -> Claimed | None:
    """The lowest number nobody has; nothing if another worker was faster."""
    taken = await connection.execute(
        text(
            """
            INSERT INTO ingest_worker (slot, boot, started_at, flushed_at, seen_until)
            SELECT min(number), :boot, :now, clock_timestamp(), :now
            FROM generate_series(0, (SELECT count(*) FROM ingest_worker)) AS number
            WHERE NOT EXISTS (SELECT FROM ingest_worker WHERE slot = number)
            ON CONFLICT DO NOTHING RETURNING slot, seen_until
            """
        ),
        {"boot": boot, "now": now},
    )
    row = taken.one_or_none()
    return None if row is None else Claimed(*row)


async def holds(connection: AsyncConnection, slot: int, *, boot: str) -> bool:
    """Whether the slot is still ours."""
    held = await connection.scalar(
        text("SELECT boot = :boot FROM ingest_worker WHERE slot = :slot"),
        {"slot": slot, "boot": boot},
    )
    return bool(held)


async def advance(
    connection: AsyncConnection, slot: int, *, boot: str, seen_until: datetime
) -> bool:
    """Move the watermark of a slot, never back; False if the slot is another's by now."""
    moved = await connection.execute(
        text(
            "UPDATE ingest_worker SET flushed_at = clock_timestamp(), "
            "seen_until = greatest(seen_until, :seen_until) WHERE slot = :slot AND boot = :boot"
        ),
        {"slot": slot, "boot": boot, "seen_until": seen_until},
    )
    return moved.rowcount == 1


async def retire(connection: AsyncConnection, slot: int, *, boot: str) -> None:
    """Nobody stands in this slot any more; the watermark no longer waits for it."""
    await connection.execute(
        text("DELETE FROM ingest_worker WHERE slot = :slot AND boot = :boot"),
        {"slot": slot, "boot": boot},
    )


async def live_slots(connection: AsyncConnection) -> int:
    return int(await connection.scalar(text("SELECT count(*) FROM ingest_worker")) or 0)


async def record_blindness(
    connection: AsyncConnection, slot: int, spans: Sequence[tuple[datetime, datetime]]
) -> None:
    """Times in which a message could not have reached us."""
    await connection.execute(
        insert(blind_span).on_conflict_do_nothing(),
        [{"slot": slot, "from_at": start, "to_at": end} for start, end in spans],
    )
