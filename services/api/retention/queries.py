"""The policies in force, and what went by them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.retention.schemas import PolicyOut, PurgeOut
from shared.db.tables.retention import purge_log, retention_policy
from shared.domain.retention import BY_MONTH, EMPTIED, Dataset

_POLICY = retention_policy.c


async def policies(connection: AsyncConnection) -> Sequence[PolicyOut]:
    last = (
        select(func.max(purge_log.c.purged_at))
        .where(purge_log.c.dataset == _POLICY.dataset)
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(
            _POLICY.dataset, _POLICY.keep_months, _POLICY.keep_days, _POLICY.reason,
            _POLICY.valid_from, last,
        )
        .where(_POLICY.valid_to.is_(None), _POLICY.dataset.in_([one.value for one in Dataset]))
        .order_by(_POLICY.id)
    )  # fmt: skip
    return [
        PolicyOut(
            dataset=Dataset(dataset), is_kept=months is None, keep_months=months, keep_days=days,
            by_month=dataset in BY_MONTH, is_emptied=dataset in EMPTIED, reason=reason,
            valid_from=since, purged_at=purged_at,
        )
        for dataset, months, days, reason, since, purged_at in rows
    ]  # fmt: skip


async def purges(
    connection: AsyncConnection, *, before: tuple[datetime, int] | None, limit: int
) -> Sequence[PurgeOut]:
    """Newest first."""
    statement = select(
        purge_log.c.id, purge_log.c.purged_at, purge_log.c.dataset, purge_log.c.part,
        purge_log.c.before_day, purge_log.c.rows, _POLICY.keep_months, _POLICY.keep_days,
    ).join_from(purge_log, retention_policy)  # fmt: skip
    if before is not None:
        statement = statement.where(tuple_(purge_log.c.purged_at, purge_log.c.id) < before)
    rows = await connection.execute(
        statement.order_by(purge_log.c.purged_at.desc(), purge_log.c.id.desc()).limit(limit)
    )
    return [PurgeOut.model_validate(dict(row)) for row in rows.mappings()]
