"""Accounts, their assignments and their sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.people import role_assignment, session, user_account
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Assignment, Role


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in."""

    id: int
    email: str
    name: str
    language: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in that was not ended, and whose it is."""

    user_id: int
    email: str
    name: str
    language: str
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """An assignment, with the codes of its place."""

    assignment: Assignment
    facility: str | None
    admin_unit: str | None


async def account(connection: AsyncConnection, email: str) -> Account | None:
    """`email` in lower case."""
    row = (
        await connection.execute(
            select(
                user_account.c.id,
                user_account.c.email,
                user_account.c.name,
                user_account.c.language,
                user_account.c.password_hash,
            ).where(func.lower(user_account.c.email) == email, user_account.c.disabled_at.is_(None))
        )
    ).one_or_none()
    return Account(*row) if row else None


async def begin(
    connection: AsyncConnection,
    token_hash: bytes,
    user_id: int,
    *,
    now: datetime,
    expires_at: datetime,
) -> None:
    """A new session; those long over make room."""
    await connection.execute(delete(session).where(session.c.expires_at <= now))
    await connection.execute(
        insert(session).values(
            token_hash=token_hash,
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            expires_at=expires_at,
        )
    )


async def end(connection: AsyncConnection, token_hash: bytes) -> None:
    await connection.execute(delete(session).where(session.c.token_hash == token_hash))


async def found(connection: AsyncConnection, token_hash: bytes) -> Session | None:
    row = (
        await connection.execute(
            select(
                user_account.c.id,
                user_account.c.email,
                user_account.c.name,
                user_account.c.language,
                session.c.last_seen_at,
                session.c.expires_at,
            )
            .join_from(session, user_account)
            .where(session.c.token_hash == token_hash, user_account.c.disabled_at.is_(None))
        )
    ).one_or_none()
    return Session(*row) if row else None


async def seen(connection: AsyncConnection, token_hash: bytes, *, now: datetime) -> None:
    await connection.execute(
        update(session)
        .where(session.c.token_hash == token_hash, session.c.last_seen_at < now)
        .values(last_seen_at=now)
    )


async def held(connection: AsyncConnection, user_id: int, *, now: datetime) -> Sequence[Held]:
    """The roles somebody holds at this moment."""
    rows = await connection.execute(
        select(
            role_assignment.c.role,
            role_assignment.c.facility_id,
            role_assignment.c.admin_unit_id,
            facility.c.code,
            admin_unit.c.code,
        )
        .select_from(role_assignment)
        .outerjoin(facility, facility.c.id == role_assignment.c.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == role_assignment.c.admin_unit_id)
        .where(
            role_assignment.c.user_id == user_id,
            role_assignment.c.valid_from <= now,
            or_(role_assignment.c.valid_to.is_(None), role_assignment.c.valid_to > now),
        )
        .order_by(role_assignment.c.id)
    )
    return [
        Held(Assignment(Role(role), facility_id, unit_id), facility_code, unit_code)
        for role, facility_id, unit_id, facility_code, unit_code in rows
    ]
