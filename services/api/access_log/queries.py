"""The access log: appended to, and never changed."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.access_log import access_log
from shared.db.tables.registry import admin_unit, facility
from shared.domain.deeds import Deed


@dataclass(frozen=True, slots=True)
class Trail:
    """Who does something, from where, and why."""

    actor: str
    address: str
    purpose: str
    trace_id: str
    #: Codes of the roles held at that moment.
    role: str = ""


async def add(connection: AsyncConnection, trail: Trail, deed: Deed, *, now: datetime) -> None:
    """One line more, for good when the transaction commits. A trigger links it to the one before.

    From here to the commit others wait, so it is the last thing a transaction does.
    """
    await connection.execute(
        insert(access_log)
        .inline()
        .values(
            at=now,
            actor=trail.actor,
            role=trail.role,
            verb=deed.verb,
            subject=deed.subject,
            key=deed.key,
            facility_id=None if deed.facility is None else _facility_id(deed.facility),
            admin_unit_id=None if deed.unit is None else _unit_id(deed.unit),
            purpose=trail.purpose,
            address=trail.address,
            trace_id=trail.trace_id,
            detail=json.dumps(deed.detail, sort_keys=True, ensure_ascii=False),
        )
    )


def _facility_id(code: str) -> ScalarSelect[int]:
    return select(facility.c.id).where(facility.c.code == code).scalar_subquery()


def _unit_id(code: str) -> ScalarSelect[int]:
    """The newest of that code: codes are given again after a reform."""
    return (
        select(admin_unit.c.id)
        .where(admin_unit.c.code == code)
        .order_by(admin_unit.c.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )
