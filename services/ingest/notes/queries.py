"""What is written of a device beside its coverage. Rows go in the order of device ids."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

Row = dict[str, Any]
_BIGINTS = ARRAY(BigInteger)
_TEXTS = ARRAY(Text)
_TIMES = ARRAY(DateTime(timezone=True))


_NOTE_IDENTITIES = text(
    """
    INSERT INTO device_identity AS kept
        (device_id, boot, began_at, seq, at, former, doubted_until)
    SELECT device_id, boot, began_at, seq, at, former::jsonb, doubted_until
    FROM unnest(:device_id, :boot, :began_at, :seq, :at, :former, :doubted_until)
         AS heard (device_id, boot, began_at, seq, at, former, doubted_until)
    ON CONFLICT (device_id) DO UPDATE SET
        boot = excluded.boot, began_at = excluded.began_at, seq = excluded.seq,
        at = excluded.at, former = excluded.former,
        doubted_until = greatest(kept.doubted_until, excluded.doubted_until)
    WHERE excluded.at >= kept.at
    """
).bindparams(
    *(bindparam(name, type_=_BIGINTS) for name in ("device_id", "seq")),
    *(bindparam(name, type_=_TEXTS) for name in ("boot", "former")),
    *(bindparam(name, type_=_TIMES) for name in ("began_at", "at", "doubted_until")),
)


async def note_identities(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    """Which boot speaks; the newest word wins, whichever worker heard it."""
    await connection.execute(_NOTE_IDENTITIES, _columns(rows))


_NOTE_CLOCKS = text(
    """
    INSERT INTO device_clock (device_id, state, offset_ms, since, measured_at)
    SELECT * FROM unnest(:device_id, :state, :offset_ms, :since, :measured_at)
    ON CONFLICT (device_id) DO UPDATE SET
        state = excluded.state, offset_ms = excluded.offset_ms, since = excluded.since,
        measured_at = excluded.measured_at
    """
).bindparams(
    *(bindparam(name, type_=_BIGINTS) for name in ("device_id", "offset_ms")),
    bindparam("state", type_=_TEXTS),
    *(bindparam(name, type_=_TIMES) for name in ("since", "measured_at")),
)


async def note_clocks(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    await connection.execute(_NOTE_CLOCKS, _columns(rows))


def _columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """All rows in one statement: after an outage there are tens of thousands at once."""
    return {name: [row[name] for row in rows] for name in rows[0]}


async def note_conditions(
    connection: AsyncConnection, rows: Sequence[Row], *, now: datetime
) -> None:
    """What holds, and what ceased; what was told of a later time stands."""
    await connection.execute(
        text(
            """
            INSERT INTO device_condition AS kept (device_id, condition, holds, since, changed_at)
            VALUES (:device_id, :condition, :holds, :since, :now)
            ON CONFLICT (device_id, condition) DO UPDATE SET
                holds = excluded.holds, since = excluded.since, changed_at = excluded.changed_at
            WHERE excluded.since >= kept.since
            """
        ),
        [{**row, "now": now} for row in rows],
    )


async def count_security_events(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    """One row a device, day and kind, counting on."""
    await connection.execute(
        text(
            """
            INSERT INTO security_event AS kept (device_id, day, kind, count, first_at, last_at)
            VALUES (:device_id, :day, :kind, :count, :first_at, :last_at)
            ON CONFLICT (device_id, day, kind) DO UPDATE SET
                count = kept.count + excluded.count,
                last_at = greatest(kept.last_at, excluded.last_at)
            """
        ),
        rows,
    )
