"""The access log: appended to, and never changed."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.access_log import access_log
from shared.db.tables.registry import facility
from shared.domain.deeds import Deed


@dataclass(frozen=True, slots=True)
class Trail:
    """Who does something, from where, and why."""

    actor: str
    address: str
    purpose: str
    trace_id: str


async def add(connection: AsyncConnection, trail: Trail, deed: Deed, *, now: datetime) -> None:
    """One line more, for good when the transaction commits."""
    concerned = select(facility.c.id).where(facility.c.code == deed.facility).scalar_subquery()
    await connection.execute(
        insert(access_log).values(
            at=now,
            actor=trail.actor,
            verb=deed.verb,
            subject=deed.subject,
            key=deed.key,
            facility_id=concerned if deed.facility is not None else None,
            purpose=trail.purpose,
            address=trail.address,
            trace_id=trail.trace_id,
            detail=json.dumps(deed.detail, sort_keys=True, ensure_ascii=False),
        )
    )
