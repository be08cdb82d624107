"""The people of a place, with their roles."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.people import role_assignment, user_account
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Scope


@dataclass(frozen=True, slots=True)
class Worker:
    """A person in a role at a place, as an export lists them."""

    number: int
    name: str
    email: str
    role: str
    facility: str | None
    unit: str | None
    valid_from: datetime
    valid_to: datetime | None
    legal_basis: str


async def workers(connection: AsyncConnection, scope: Scope, *, now: datetime) -> Sequence[Worker]:
    """Who holds a role there now, by name."""
    its = role_assignment.c
    place = admin_unit.alias("place")
    ids = any_(_ids(scope.admin_unit_ids))
    rows = await connection.execute(
        select(
            user_account.c.id, user_account.c.name, user_account.c.email, its.role,
            facility.c.code.label("facility"), place.c.code.label("unit"), its.valid_from,
            its.valid_to, its.legal_basis,
        )
        .select_from(
            role_assignment.join(user_account, user_account.c.id == its.user_id)
            .outerjoin(facility, facility.c.id == its.facility_id)
            .outerjoin(place, place.c.id == its.admin_unit_id)
        )
        .where(
            its.valid_from <= now,
            or_(its.valid_to.is_(None), its.valid_to > now),
            or_(
                its.admin_unit_id == ids,
                facility.c.admin_unit_id == ids,
                facility.c.id == any_(_ids(scope.facility_ids)),
            ),
        )
        .order_by(user_account.c.name, user_account.c.id, its.id)
    )  # fmt: skip
    return [Worker(*row) for row in rows]


def _ids(ids: Collection[int]) -> ColumnElement[Sequence[int]]:
    return literal(list(ids), ARRAY(BIGINT))
