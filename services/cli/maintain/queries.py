"""What is past its time, what holds it, and how it goes: whole parts at once, rows by the block."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import TextClause, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.retention import legal_hold, purge_log, retention_policy
from shared.domain.retention import Dataset, Hold, Keep

#: So many blocks of 8 KiB hold some 2,000 rows, which go within a few hundredths of a second.
BLOCKS: Final = 32


@dataclass(frozen=True, slots=True)
class Policy:
    """For how long a dataset is kept; for good, if nothing is said."""

    id: int
    dataset: Dataset
    keep: Keep | None


@dataclass(frozen=True, slots=True)
class Shape:
    """When a row may go, of which days it tells, and of which facility: in SQL, of `it`.

    Where `empties` says what is taken out of it, the row itself stays.
    """

    is_past: str
    first_day: str
    last_day: str
    facility_id: str
    empties: str | None = None


_OF_DEVICE: Final = "(SELECT facility_id FROM device WHERE device.id = it.device_id)"
_OF_CODE: Final = "(SELECT id FROM facility WHERE code = it.facility_code)"
_OF_MESSAGE: Final = (
    "(SELECT facility.id FROM quarantine JOIN facility ON code = facility_code"
    " WHERE quarantine.id = it.quarantine_id)"
)
#: Whoever holds anything of that time needs to know when the platform was blind.
_OF_WHOEVER_HOLDS: Final = "hold.facility_id"
_OF_NOBODY: Final = "NULL"
#: What concerns several places concerns whoever holds anything of that time.
_OF_INCIDENT: Final = (
    "coalesce((SELECT facility_id FROM incident WHERE incident.id = it.incident_id),"
    " hold.facility_id)"
)
_OF_NOTIFICATION: Final = (
    "coalesce((SELECT incident.facility_id FROM notification JOIN incident"
    " ON incident.id = incident_id WHERE notification.id = it.notification_id), hold.facility_id)"
)
_OF_EVENT: Final = (
    "coalesce((SELECT incident.facility_id FROM event JOIN incident ON incident.id = incident_id"
    " WHERE event.id = it.event_id), hold.facility_id)"
)
#: An address has to stay unique, and says that it is none any more.
_NO_ADDRESS: Final = "address = 'removed:' || it.id"
_HAS_ADDRESS: Final = "it.address NOT LIKE 'removed:%'"
_IS_TOLD: Final = (
    "NOT EXISTS (SELECT FROM notification AS of_it"
    " WHERE of_it.id = it.notification_id AND of_it.state = 'pending')"
)
_IS_RESOLVED: Final = (
    "NOT EXISTS (SELECT FROM incident WHERE incident.id = it.incident_id AND state = 'open')"
)


def _day(instant: str, days: int) -> str:
    """The local day of an instant is its day in UTC, or the one beside it."""
    return f"CAST(it.{instant} AS date) + {days}"


def _between(
    first: str,
    last: str,
    facility_id: str,
    *,
    is_over: str = "true",
    empties: str | None = None,
) -> Shape:
    """For rows that tell of a time from one instant to another."""
    is_past = f"{is_over} AND it.{last} < CAST(:before AS date)"
    return Shape(is_past, _day(first, -1), _day(last, 1), facility_id, empties)


def _at(instant: str, facility_id: str, is_over: str, *, empties: str | None = None) -> Shape:
    return _between(instant, instant, facility_id, is_over=is_over, empties=empties)


_DAYS: Final = Shape("it.day < :before", "it.day", "it.day", _OF_DEVICE)
SHAPES: Final = {
    Dataset.DEVICE_DAY: _DAYS,
    Dataset.DEVICE_FAULT: _DAYS,
    Dataset.SECURITY_EVENT: _DAYS,
    Dataset.BLIND_SPAN: _between("from_at", "to_at", _OF_WHOEVER_HOLDS),
    Dataset.DEVICE_CONDITION: _between("since", "changed_at", _OF_DEVICE, is_over="NOT it.holds"),
    Dataset.QUARANTINE: _between("first_at", "last_at", _OF_CODE),
    Dataset.QUARANTINE_MESSAGE: _between("received_at", "received_at", _OF_MESSAGE),
    Dataset.SESSION: _between("created_at", "expires_at", _OF_NOBODY),
    Dataset.NOTIFICATION: _at(
        "created_at",
        _OF_INCIDENT,
        f"it.state <> 'pending' AND {_HAS_ADDRESS} AND {_IS_RESOLVED}",
        empties=f"{_NO_ADDRESS}, body = '', short = ''",
    ),
    Dataset.DELIVERY_ATTEMPT: _at("started_at", _OF_NOTIFICATION, _IS_TOLD),
    Dataset.SMS_RECEIPT: _at("received_at", _OF_WHOEVER_HOLDS, "it.folded_at IS NOT NULL"),
    Dataset.SMS_INBOUND: _at("received_at", _OF_WHOEVER_HOLDS, "it.handled_at IS NOT NULL"),
    Dataset.PERSON_TEXT: _at("created_at", _OF_WHOEVER_HOLDS, "it.state <> 'pending'"),
    Dataset.PERSON_MAIL: _at("created_at", _OF_WHOEVER_HOLDS, "it.state <> 'pending'"),
    Dataset.WEBHOOK_CALL: _between(
        "created_at", "ended_at", _OF_EVENT, is_over="it.ended_at IS NOT NULL"
    ),
    Dataset.CONTACT_POINT: _at(
        "removed_at",
        _OF_WHOEVER_HOLDS,
        f"it.removed_at IS NOT NULL AND {_HAS_ADDRESS}",
        empties=f"{_NO_ADDRESS}, label = '', keys = '{{}}'",
    ),
}


def _is_held(dataset: Dataset, shape: Shape) -> str:
    """A credential is no evidence of anything: nothing holds it."""
    if dataset is Dataset.SESSION:
        return "false"
    return f"""
        EXISTS (
            SELECT FROM legal_hold AS hold
            WHERE hold.released_at IS NULL
              AND hold.first_day <= {shape.last_day}
              AND coalesce(hold.last_day, 'infinity') >= {shape.first_day}
              AND (hold.facility_id IS NULL OR hold.facility_id = {shape.facility_id}))
        """


async def policies(connection: AsyncConnection) -> list[Policy]:
    """Those in force, of what may go at all."""
    its = retention_policy.c
    found = await connection.execute(
        select(its.id, its.dataset, its.keep_months, its.keep_days)
        .where(its.valid_to.is_(None), its.dataset.in_([dataset.value for dataset in SHAPES]))
        .order_by(its.id)
    )
    return [
        Policy(id_, Dataset(name), None if months is None else Keep(months, days))
        for id_, name, months, days in found
    ]


async def holds(connection: AsyncConnection) -> list[Hold]:
    its = legal_hold.c
    found = await connection.execute(
        select(its.first_day, its.last_day, its.facility_id).where(its.released_at.is_(None))
    )
    return [Hold(*row) for row in found]


async def settle_holds(connection: AsyncConnection) -> None:
    """None is placed until the commit: what was answered for is seen by whatever comes after."""
    await connection.execute(text("LOCK TABLE legal_hold IN SHARE MODE"))


async def past(
    connection: AsyncConnection, dataset: Dataset, table: str, *, before: date
) -> tuple[int, int]:
    """How many rows may go, and how many more would but for a hold."""
    shape = SHAPES[dataset]
    row = await connection.execute(
        text(
            f"""
            SELECT count(*) FILTER (WHERE NOT is_held), count(*) FILTER (WHERE is_held)
            FROM (SELECT {_is_held(dataset, shape)} AS is_held FROM {table} AS it
                  WHERE {shape.is_past}) AS found
            """  # noqa: S608 - our own words and names
        ),
        {"before": before},
    )
    may_go, held = row.one()
    return may_go, held


async def block_ranges(connection: AsyncConnection, table: str) -> Iterator[tuple[str, str]]:
    """The whole table in pieces: row addresses [from, to)."""
    found = await connection.scalar(
        text(
            "SELECT pg_relation_size(CAST(:table AS regclass))"
            " / current_setting('block_size')::integer"
        ),
        {"table": table},
    )
    steps = range(0, int(found or 0), BLOCKS)
    return ((f"({first},0)", f"({first + BLOCKS},0)") for first in steps)


async def delete_within(
    connection: AsyncConnection,
    dataset: Dataset,
    table: str,
    rows: tuple[str, str],
    *,
    before: date,
) -> int:
    """What may go of one piece of a table. Whoever is at a row keeps it: it goes another day."""
    done = await connection.execute(
        _deletion(dataset, table), {"before": before, "first": rows[0], "end": rows[1]}
    )
    return done.rowcount


def _deletion(dataset: Dataset, table: str) -> TextClause:
    shape = SHAPES[dataset]
    rows = f"{table} AS it"
    go = f"DELETE FROM {rows}" if shape.empties is None else f"UPDATE {rows} SET {shape.empties}"  # noqa: S608 - as below
    return text(
        f"""
        {go} WHERE it.ctid = ANY(ARRAY(
            SELECT it.ctid FROM {table} AS it
            WHERE it.ctid >= CAST(CAST(:first AS text) AS tid)
              AND it.ctid < CAST(CAST(:end AS text) AS tid)
              AND {shape.is_past} AND NOT {_is_held(dataset, shape)}
            FOR UPDATE SKIP LOCKED))
        """  # noqa: S608 - our own words and names
    )


async def drop(connection: AsyncConnection, part: str) -> None:
    await connection.execute(text(f"DROP TABLE {part}"))


async def record(
    connection: AsyncConnection,
    policy: Policy,
    *,
    rows: int,
    before: date,
    part: str | None,
    now: datetime,
) -> None:
    """What goes is on record in the transaction that lets it go."""
    await connection.execute(
        insert(purge_log).values(
            purged_at=now,
            policy_id=policy.id,
            dataset=policy.dataset.value,
            part=part,
            before_day=before,
            rows=rows,
        )
    )


async def be_brief(connection: AsyncConnection, *, statement_ms: int) -> None:
    """Until the commit: wait for no lock for long, and keep none should this process stall."""
    for limit in (
        "lock_timeout = '50ms'",
        f"statement_timeout = '{statement_ms}ms'",
        "idle_in_transaction_session_timeout = '250ms'",
    ):
        await connection.execute(text(f"SET LOCAL {limit}"))
