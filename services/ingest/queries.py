"""What a flush writes of the devices' coverage and of their latest words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, Date, DateTime, SmallInteger, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

_BIGINTS = ARRAY(BigInteger)
_TEXTS = ARRAY(Text)


@dataclass(slots=True)
class Pieces:
    """Columns of spans to add: one entry each, in microseconds, by device and local day."""

    device_ids: list[int]
    days: list[date]
    kinds: list[int]
    starts_us: list[int]
    ends_us: list[int]


# to_timestamp() takes a double: exact to the microsecond for every date this system can meet.
_ADD_COVERAGE = text(
    """
    INSERT INTO device_day AS kept
        (device_id, day, watched, late, impaired, proven, changed_at, corrected_at)
    SELECT device_id, day,
           coalesce(range_agg(span) FILTER (WHERE kind = 0), '{}'),
           coalesce(range_agg(span) FILTER (WHERE kind = 1), '{}'),
           coalesce(range_agg(span) FILTER (WHERE kind = 2), '{}'),
           coalesce(range_agg(span) FILTER (WHERE kind = 3), '{}'),
           :now,
           CASE WHEN bool_or(kind = 1) THEN :now END
    FROM (SELECT device_id, day, kind,
                 tstzrange(to_timestamp(start_us / 1e6), to_timestamp(end_us / 1e6)) AS span
          FROM unnest(:device_ids, :days, :kinds, :starts_us, :ends_us)
               AS piece (device_id, day, kind, start_us, end_us)) AS piece
    GROUP BY device_id, day
    ORDER BY device_id, day
    ON CONFLICT (device_id, day) DO UPDATE SET
        watched = kept.watched + excluded.watched,
        late = kept.late + (excluded.late - kept.watched),
        impaired = kept.impaired + excluded.impaired,
        proven = kept.proven + excluded.proven,
        changed_at = excluded.changed_at,
        corrected_at = CASE WHEN excluded.late <@ (kept.late + kept.watched)
                             AND NOT (excluded.impaired - kept.impaired)
                                     && (kept.watched + kept.late)
                            THEN kept.corrected_at ELSE excluded.changed_at END
    """
).bindparams(
    bindparam("device_ids", type_=_BIGINTS),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("kinds", type_=ARRAY(SmallInteger)),
    bindparam("starts_us", type_=_BIGINTS),
    bindparam("ends_us", type_=_BIGINTS),
    bindparam("now", type_=DateTime(timezone=True)),
)


async def add_coverage(connection: AsyncConnection, pieces: Pieces, *, now: datetime) -> None:
    """Unite what was attested with what is on record. Rows are locked in one order.

    Late evidence that adds something, and a fault where all had seemed well, mark the row as
    corrected: what was judged of that day must be judged again.
    """
    await connection.execute(
        _ADD_COVERAGE,
        {
            "device_ids": pieces.device_ids,
            "days": pieces.days,
            "kinds": pieces.kinds,
            "starts_us": pieces.starts_us,
            "ends_us": pieces.ends_us,
            "now": now,
        },
    )


_NAME_FAULTS = text(
    """
    INSERT INTO device_fault AS kept (device_id, day, fault, spans)
    SELECT device_id, day, fault,
           range_agg(tstzrange(to_timestamp(start_us / 1e6), to_timestamp(end_us / 1e6)))
    FROM unnest(:device_ids, :days, :faults, :starts_us, :ends_us)
         AS piece (device_id, day, fault, start_us, end_us)
    GROUP BY device_id, day, fault
    ORDER BY device_id, day, fault
    ON CONFLICT (device_id, day, fault) DO UPDATE SET spans = kept.spans + excluded.spans
    """
).bindparams(
    bindparam("device_ids", type_=_BIGINTS),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("faults", type_=_TEXTS),
    bindparam("starts_us", type_=_BIGINTS),
    bindparam("ends_us", type_=_BIGINTS),
)


async def name_faults(connection: AsyncConnection, pieces: Pieces, faults: Sequence[str]) -> None:
    """Which fault each impaired piece had; `faults` runs beside the columns of `pieces`."""
    await connection.execute(
        _NAME_FAULTS,
        {
            "device_ids": pieces.device_ids,
            "days": pieces.days,
            "faults": list(faults),
            "starts_us": pieces.starts_us,
            "ends_us": pieces.ends_us,
        },
    )


@dataclass(slots=True)
class LatestWords:
    """Columns of the latest words of devices, in the order of their ids."""

    device_ids: list[int]
    ats_us: list[int]
    received_us: list[int]
    states: list[str]
    readings: list[str]


_SHOW_LATEST = text(
    """
    INSERT INTO device_latest AS kept (device_id, at, received_at, state, readings)
    SELECT device_id, to_timestamp(at_us / 1e6), to_timestamp(received_us / 1e6), state,
           readings::jsonb
    FROM unnest(:device_ids, :ats_us, :received_us, :states, :readings)
         AS word (device_id, at_us, received_us, state, readings)
    ON CONFLICT (device_id) DO UPDATE SET
        at = excluded.at, received_at = excluded.received_at, state = excluded.state,
        readings = kept.readings || excluded.readings
    WHERE excluded.at > kept.at
    """
).bindparams(
    bindparam("device_ids", type_=_BIGINTS),
    bindparam("ats_us", type_=_BIGINTS),
    bindparam("received_us", type_=_BIGINTS),
    bindparam("states", type_=_TEXTS),
    bindparam("readings", type_=_TEXTS),
)


async def show_latest(connection: AsyncConnection, words: LatestWords) -> None:
    await connection.execute(
        _SHOW_LATEST,
        {
            "device_ids": words.device_ids,
            "ats_us": words.ats_us,
            "received_us": words.received_us,
            "states": words.states,
            "readings": words.readings,
        },
    )


# The patience is the server's own with idle transactions; it has none if that is switched off.
_END_ABANDONED = text(
    """
    SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))
    FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user
      AND application_name = current_setting('application_name')
      AND pid <> pg_backend_pid()
      AND xact_start IS NOT NULL AND wait_event_type = 'Client'
      AND state_change < clock_timestamp()
          - nullif(current_setting('idle_in_transaction_session_timeout'), '0')::interval
    """
)


async def end_abandoned(connection: AsyncConnection) -> int:
    """End the transactions of workers that leave the server waiting; returns how many."""
    return int(await connection.scalar(_END_ABANDONED) or 0)
