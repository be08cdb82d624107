"""Who works on a job holds a lease; who works on a row, its lock; each row is settled once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.imports.queries import JOB, ROW, Job, Row, Settled, job_of, row_of
from shared.db.tables.imports import import_job, import_row
from shared.db.tables.people import user_account
from shared.domain.bulk import WORK, JobState, RowState


@dataclass(frozen=True, slots=True)
class Account:
    """Who began a job, if they may still log in."""

    email: str
    name: str
    language: str


async def claim(
    connection: AsyncConnection, worker: str, *, now: datetime, lease: timedelta
) -> Job | None:
    """A job nobody works on, or whose worker fell silent."""
    free = (
        select(import_job.c.id)
        .where(
            import_job.c.state.in_(list(WORK)),
            or_(
                import_job.c.leased_until.is_(None),
                import_job.c.leased_until <= now,
                import_job.c.worker == worker,
            ),
        )
        .order_by(import_job.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claimed = await connection.execute(
        update(import_job)
        .where(import_job.c.id == free)
        .values(worker=worker, leased_until=now + lease)
        .returning(*JOB)
    )
    row = claimed.mappings().one_or_none()
    return job_of(row) if row else None


async def release(connection: AsyncConnection, job_id: int, worker: str) -> None:
    await connection.execute(
        update(import_job)
        .where(import_job.c.id == job_id, import_job.c.worker == worker)
        .values(worker=None, leased_until=None)
    )


async def take(
    connection: AsyncConnection, job_id: int, n: int, work: tuple[JobState, RowState]
) -> Row | None:
    """The row, locked until the transaction ends, unless another was faster or it was stopped."""
    found = await connection.execute(
        select(*ROW)
        .join_from(import_row, import_job, import_job.c.id == import_row.c.job_id)
        .where(
            import_row.c.job_id == job_id,
            import_row.c.n == n,
            import_row.c.state == work[1],
            import_job.c.state == work[0],
        )
        .with_for_update(of=import_row, skip_locked=True)
    )
    row = found.mappings().one_or_none()
    return row_of(row) if row else None


async def settle(connection: AsyncConnection, job_id: int, n: int, became: Settled) -> None:
    values: dict[str, Any] = {"state": became.state, "faults": list(became.faults)}
    if became.verdict is not None:
        values["verdict"] = became.verdict
    for name in ("before", "after", "sealed"):
        if (value := getattr(became, name)) is not None:
            values[name] = value
    if became.state is RowState.UNDONE:
        values["sealed"] = None  # what was handed for a thing that is no more opens nothing
    await connection.execute(
        update(import_row).where(import_row.c.job_id == job_id, import_row.c.n == n).values(values)
    )


async def keys_before(
    connection: AsyncConnection, job_id: int, keys: Sequence[str], *, n: int
) -> Mapping[str, int]:
    """On which line something was spoken of first, of those named before a line."""
    rows = await connection.execute(
        select(import_row.c.key, func.min(import_row.c.n))
        .where(import_row.c.job_id == job_id, import_row.c.key.in_(keys), import_row.c.n <= n)
        .group_by(import_row.c.key)
    )
    return {row[0]: row[1] for row in rows}


async def starter(connection: AsyncConnection, user_id: int) -> Account | None:
    row = (
        await connection.execute(
            select(user_account.c.email, user_account.c.name, user_account.c.language).where(
                user_account.c.id == user_id, user_account.c.disabled_at.is_(None)
            )
        )
    ).one_or_none()
    return Account(*row) if row else None
