"""What changes of roles and accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.invitations import invitation
from shared.db.tables.people import role_assignment, user_account
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Assignment, PlaceKind, Role
from shared.domain.appointments import Where

#: Whoever ends a role waits for whoever ends another of its kind: two administrators could else
#: end each other.
_ONE_AT_A_TIME: Final = 0x67736D74


@dataclass(frozen=True, slots=True)
class Appointment:
    """A role as it is given."""

    role: Role
    where: Where
    valid_from: datetime
    valid_to: datetime | None
    authority_id: int | None
    legal_basis: str
    is_deputy: bool
    time_share_percent: int | None
    given_by: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A role that somebody holds, as far as changing it goes."""

    id: int
    user_id: int
    role: Role
    where: Where
    facility: str | None
    admin_unit: str | None
    valid_from: datetime
    valid_to: datetime | None

    @property
    def assignment(self) -> Assignment:
        unit_id = None if self.where.facility_id is not None else self.where.admin_unit_id
        return Assignment(self.role, self.where.facility_id, unit_id)


async def give(connection: AsyncConnection, user_id: int, given: Appointment) -> int:
    is_facility = given.where.kind is PlaceKind.FACILITY
    role_id: int = (
        await connection.execute(
            insert(role_assignment)
            .values(
                user_id=user_id,
                role=given.role,
                facility_id=given.where.facility_id,
                admin_unit_id=None if is_facility else given.where.admin_unit_id,
                valid_from=given.valid_from,
                valid_to=given.valid_to,
                authority_id=given.authority_id,
                legal_basis=given.legal_basis,
                is_deputy=given.is_deputy,
                time_share_percent=given.time_share_percent,
                given_by=given.given_by,
            )
            .returning(role_assignment.c.id)
        )
    ).scalar_one()
    return role_id


async def wait_in_turn(connection: AsyncConnection) -> None:
    await connection.execute(select(func.pg_advisory_xact_lock(literal(_ONE_AT_A_TIME))))


async def standing(connection: AsyncConnection, user_id: int, role_id: int) -> Standing | None:
    found = await _standing(connection, user_id, role_id=role_id)
    return found[0] if found else None


async def all_standing(
    connection: AsyncConnection, user_id: int, *, now: datetime
) -> Sequence[Standing]:
    """What somebody holds now, or will: wherever it is."""
    found = await _standing(connection, user_id, role_id=None)
    return [one for one in found if one.valid_to is None or one.valid_to > now]


async def _standing(
    connection: AsyncConnection, user_id: int, *, role_id: int | None
) -> Sequence[Standing]:
    statement = (
        select(
            role_assignment.c.id,
            role_assignment.c.user_id,
            role_assignment.c.role,
            role_assignment.c.facility_id,
            func.coalesce(role_assignment.c.admin_unit_id, facility.c.admin_unit_id),
            facility.c.code,
            admin_unit.c.code,
            admin_unit.c.level,
            role_assignment.c.valid_from,
            role_assignment.c.valid_to,
        )
        .select_from(role_assignment)
        .outerjoin(facility, facility.c.id == role_assignment.c.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == role_assignment.c.admin_unit_id)
        .where(role_assignment.c.user_id == user_id)
        .order_by(role_assignment.c.id)
    )
    if role_id is not None:
        statement = statement.where(role_assignment.c.id == role_id)
    return [
        Standing(
            number,
            owner,
            Role(role),
            _where(facility_id, unit_id, level),
            facility_code,
            unit_code,
            begins,
            ends,
        )
        for number, owner, role, facility_id, unit_id, facility_code, unit_code, level, begins, ends
        in await connection.execute(statement)
    ]  # fmt: skip


def _where(facility_id: int | None, unit_id: int | None, level: str | None) -> Where:
    if facility_id is not None:
        return Where(PlaceKind.FACILITY, facility_id, unit_id)
    if unit_id is None:
        return Where(PlaceKind.EVERYWHERE)
    is_province = level == PlaceKind.PROVINCE
    return Where(PlaceKind.PROVINCE if is_province else PlaceKind.COMMUNE, admin_unit_id=unit_id)


async def end(
    connection: AsyncConnection, role_id: int, *, at: datetime, by: int, because: str
) -> None:
    """One that has not begun never will."""
    await connection.execute(
        update(role_assignment)
        .where(role_assignment.c.id == role_id)
        .values(
            valid_to=func.greatest(role_assignment.c.valid_from, at),
            ended_by=by,
            ends_because=because,
        )
    )


async def move_end(
    connection: AsyncConnection, role_id: int, valid_to: datetime | None, *, by: int
) -> None:
    await connection.execute(
        update(role_assignment)
        .where(role_assignment.c.id == role_id)
        .values(valid_to=valid_to, given_by=by)
    )


async def others_who_hold(
    connection: AsyncConnection, role: Role, user_id: int, *, at: datetime
) -> int:
    """How many others, not disabled, hold a role at a moment."""
    counted = (
        select(func.count(func.distinct(role_assignment.c.user_id)))
        .join_from(role_assignment, user_account, user_account.c.id == role_assignment.c.user_id)
        .where(
            role_assignment.c.role == role,
            role_assignment.c.user_id != user_id,
            user_account.c.disabled_at.is_(None),
            role_assignment.c.valid_from <= at,
            or_(role_assignment.c.valid_to.is_(None), role_assignment.c.valid_to > at),
        )
    )
    return int(await connection.scalar(counted) or 0)


async def disable(connection: AsyncConnection, user_id: int, *, at: datetime | None) -> None:
    """Or, with no moment, enable again."""
    await connection.execute(
        update(user_account).where(user_account.c.id == user_id).values(disabled_at=at)
    )


async def void_resets(connection: AsyncConnection, user_id: int, *, now: datetime) -> None:
    """Links that would let somebody in again."""
    await connection.execute(
        update(invitation)
        .where(
            invitation.c.user_id == user_id,
            invitation.c.accepted_at.is_(None),
            invitation.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
