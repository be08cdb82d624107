"""What could not be credited."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from services.api.quarantine.schemas import QuarantinedOut
from shared.db.tables.coverage import quarantine
from shared.db.tables.registry import facility
from shared.domain.access import Scope
from shared.domain.states import Refusal


async def page(
    connection: AsyncConnection,
    scope: Scope,
    *,
    facility_code: str | None,
    reason: Refusal | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[QuarantinedOut]:
    """Newest first."""
    statement = select(
        quarantine.c.id,
        quarantine.c.reason,
        quarantine.c.topic,
        quarantine.c.facility_code.label("facility"),
        quarantine.c.device_code.label("device"),
        quarantine.c.sample,
        quarantine.c.count,
        quarantine.c.first_at,
        quarantine.c.last_at,
    ).where(_seen_in(scope))
    if facility_code is not None:
        statement = statement.where(quarantine.c.facility_code == facility_code)
    if reason is not None:
        statement = statement.where(quarantine.c.reason == reason)
    if before is not None:
        statement = statement.where(tuple_(quarantine.c.last_at, quarantine.c.id) < before)
    rows = await connection.execute(
        statement.order_by(quarantine.c.last_at.desc(), quarantine.c.id.desc()).limit(limit)
    )
    return [QuarantinedOut.model_validate(dict(row)) for row in rows.mappings()]


def _seen_in(scope: Scope) -> ColumnElement[bool]:
    """What names no facility on record is seen only by those who see everything."""
    if scope.is_everywhere:
        return true()
    return exists().where(facility.c.code == quarantine.c.facility_code, within(scope))
