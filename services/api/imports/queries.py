"""Import jobs and their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, exists, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.imports.reading import Line
from shared.db.tables.imports import import_job, import_row
from shared.domain.bulk import JobState, Kind, RowState, Verdict


@dataclass(frozen=True, slots=True)
class Job:
    """A sheet that is being put on record."""

    id: int
    kind: Kind
    file_name: str
    state: JobState
    total: int
    created_by: int
    created_at: datetime
    changed_at: datetime
    stopped_because: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a sheet, and what became of it."""

    n: int
    key: str
    given: Mapping[str, str]
    state: RowState
    verdict: Verdict | None
    faults: Sequence[Mapping[str, str]]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a row."""

    state: RowState
    verdict: Verdict | None = None
    faults: Sequence[Mapping[str, str]] = ()
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    sealed: bytes | None = None


JOB = (
    import_job.c.id,
    import_job.c.kind,
    import_job.c.file_name,
    import_job.c.state,
    import_job.c.total,
    import_job.c.created_by,
    import_job.c.created_at,
    import_job.c.changed_at,
    import_job.c.stopped_because,
)
ROW = (
    import_row.c.n,
    import_row.c.key,
    import_row.c.given,
    import_row.c.state,
    import_row.c.verdict,
    import_row.c.faults,
    import_row.c.before,
    import_row.c.after,
)


def job_of(row: RowMapping) -> Job:
    return Job(**{**row, "kind": Kind(row["kind"]), "state": JobState(row["state"])})


def row_of(row: RowMapping) -> Row:
    verdict = Verdict(row["verdict"]) if row["verdict"] else None
    return Row(**{**row, "state": RowState(row["state"]), "verdict": verdict})


async def begin(
    connection: AsyncConnection,
    kind: Kind,
    file: tuple[str, bytes],
    rows: Sequence[tuple[Line, str]],
    *,
    by: int,
    now: datetime,
) -> int:
    """`file`: its name and digest; `rows`: each with the key of what it speaks of."""
    job_id: int = (
        await connection.execute(
            insert(import_job)
            .values(
                kind=kind,
                file_name=file[0],
                sha256=file[1],
                state=JobState.CHECKING,
                total=len(rows),
                created_by=by,
                created_at=now,
                changed_at=now,
            )
            .returning(import_job.c.id)
        )
    ).scalar_one()
    await connection.execute(
        insert(import_row),
        [
            {"job_id": job_id, "n": line.n, "key": key, "given": line.given,
             "state": RowState.WAITING}
            for line, key in rows
        ],
    )  # fmt: skip
    return job_id


async def one(connection: AsyncConnection, job_id: int, user_id: int) -> Job | None:
    """Theirs."""
    rows = await connection.execute(
        select(*JOB).where(import_job.c.id == job_id, import_job.c.created_by == user_id)
    )
    row = rows.mappings().one_or_none()
    return job_of(row) if row else None


async def of_user(
    connection: AsyncConnection, user_id: int, *, before: tuple[datetime, int] | None, limit: int
) -> Sequence[Job]:
    """The newest first."""
    rows = await connection.execute(
        select(*JOB)
        .where(
            import_job.c.created_by == user_id,
            import_job.c.id < before[1] if before else true(),
        )
        .order_by(import_job.c.id.desc())
        .limit(limit)
    )
    return [job_of(row) for row in rows.mappings()]


async def counts(
    connection: AsyncConnection, job_ids: Sequence[int]
) -> Mapping[int, Mapping[tuple[RowState, Verdict | None], int]]:
    """How many rows of each job have come how far, and what they mean."""
    rows = await connection.execute(
        select(import_row.c.job_id, import_row.c.state, import_row.c.verdict, func.count())
        .where(import_row.c.job_id.in_(job_ids))
        .group_by(import_row.c.job_id, import_row.c.state, import_row.c.verdict)
    )
    found: dict[int, dict[tuple[RowState, Verdict | None], int]] = {one: {} for one in job_ids}
    for job_id, state, verdict, n in rows:
        found[job_id][RowState(state), Verdict(verdict) if verdict else None] = n
    return found


async def rows(
    connection: AsyncConnection,
    job_id: int,
    states: Sequence[RowState],
    *,
    after: int,
    limit: int,
) -> Sequence[Row]:
    """By line; those in some states, or all."""
    found = await connection.execute(
        select(*ROW)
        .where(
            import_row.c.job_id == job_id,
            import_row.c.n > after,
            import_row.c.state.in_(states) if states else true(),
        )
        .order_by(import_row.c.n)
        .limit(limit)
    )
    return [row_of(row) for row in found.mappings()]


async def wish(
    connection: AsyncConnection,
    job_id: int,
    move: tuple[JobState, JobState],
    *,
    now: datetime,
    because: str = "",
) -> bool:
    """Whether it still was where it was believed to be."""
    moved = await connection.execute(
        update(import_job)
        .where(import_job.c.id == job_id, import_job.c.state == move[0])
        .values(state=move[1], changed_at=now, stopped_because=because)
    )
    return moved.rowcount == 1


async def unseal(connection: AsyncConnection, job_id: int) -> Sequence[tuple[str, bytes]]:
    """What rows were given to keep, by key; it is gone from the database then."""
    rows = await connection.execute(
        select(import_row.c.n, import_row.c.key, import_row.c.sealed)
        .where(import_row.c.job_id == job_id, import_row.c.sealed.is_not(None))
        .order_by(import_row.c.n)
        .with_for_update()
    )
    taken = rows.all()
    await connection.execute(
        update(import_row)
        .where(import_row.c.job_id == job_id, import_row.c.n.in_([n for n, _, _ in taken]))
        .values(sealed=None)
    )
    return [(key, sealed) for _, key, sealed in taken]


async def has_packs(connection: AsyncConnection, job_id: int) -> bool:
    held = exists().where(import_row.c.job_id == job_id, import_row.c.sealed.is_not(None))
    return bool(await connection.scalar(select(held)))
