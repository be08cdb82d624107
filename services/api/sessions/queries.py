"""Accounts, their assignments and their sessions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.tables.people import role_assignment, session, user_account
from shared.db.tables.proofs import passkey, totp_secret
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import Assignment, Role
from shared.domain.assurance import Assurance


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in."""

    id: int
    email: str
    name: str
    language: str
    password_hash: str | None
    has_factor: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in that was not ended, and whose it is."""

    user_id: int
    email: str
    name: str
    language: str
    last_seen_at: datetime
    expires_at: datetime
    id: int
    assurance: Assurance
    proven_at: datetime | None
    has_factor: bool


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is known of a session when it begins."""

    token_hash: bytes
    user_id: int
    assurance: Assurance
    at: datetime
    expires_at: datetime
    address: str
    device: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its owner sees it."""

    id: int
    created_at: datetime
    last_seen_at: datetime
    assurance: Assurance
    address: str
    device: str


@dataclass(frozen=True, slots=True)
class Held:
    """An assignment, with the codes of its place."""

    assignment: Assignment
    facility: str | None
    admin_unit: str | None


async def account(connection: AsyncConnection, email: str) -> Account | None:
    """`email` in lower case."""
    return await _account(connection, func.lower(user_account.c.email) == email)


async def account_of(connection: AsyncConnection, user_id: int) -> Account | None:
    return await _account(connection, user_account.c.id == user_id)


async def _account(connection: AsyncConnection, who: ColumnElement[bool]) -> Account | None:
    """Nobody who was disabled."""
    row = (
        await connection.execute(
            select(
                user_account.c.id,
                user_account.c.email,
                user_account.c.name,
                user_account.c.language,
                user_account.c.password_hash,
                _has_factor(),
            ).where(who, user_account.c.disabled_at.is_(None))
        )
    ).one_or_none()
    return Account(*row) if row else None


def _has_factor() -> ColumnElement[bool]:
    """Whether they have set up a second factor."""
    of_them = totp_secret.c.user_id == user_account.c.id
    return or_(
        exists().where(passkey.c.user_id == user_account.c.id),
        exists().where(of_them, totp_secret.c.confirmed_at.is_not(None)),
    )


async def begin(connection: AsyncConnection, beginning: Beginning) -> None:
    await connection.execute(
        insert(session).values(
            token_hash=beginning.token_hash,
            user_id=beginning.user_id,
            created_at=beginning.at,
            last_seen_at=beginning.at,
            expires_at=beginning.expires_at,
            assurance=beginning.assurance,
            proven_at=beginning.at,
            address=beginning.address,
            device=beginning.device,
        )
    )


async def forget_over(connection: AsyncConnection, *, now: datetime) -> None:
    """Those long over make room."""
    await connection.execute(delete(session).where(session.c.expires_at <= now))


async def of_user(
    connection: AsyncConnection, user_id: int, *, idle_since: datetime, now: datetime
) -> Sequence[Listed]:
    """Those that still hold, newest first."""
    rows = await connection.execute(
        select(
            session.c.id,
            session.c.created_at,
            session.c.last_seen_at,
            session.c.assurance,
            session.c.address,
            session.c.device,
        )
        .where(
            session.c.user_id == user_id,
            session.c.expires_at > now,
            session.c.last_seen_at > idle_since,
        )
        .order_by(session.c.last_seen_at.desc(), session.c.id.desc())
    )
    return [
        Listed(number, began, seen_at, Assurance(assurance), address, device)
        for number, began, seen_at, assurance, address, device in rows
    ]


async def end_one(connection: AsyncConnection, user_id: int, session_id: int) -> bool:
    """Whether it was theirs and there."""
    ended = await connection.execute(
        delete(session)
        .where(session.c.user_id == user_id, session.c.id == session_id)
        .returning(session.c.id)
    )
    return ended.one_or_none() is not None


async def end_all(
    connection: AsyncConnection, user_id: int, *, but: bytes | None = None
) -> Sequence[bytes]:
    """Which sessions ended: all of somebody's, but perhaps the one in which they ask for it."""
    statement = delete(session).where(session.c.user_id == user_id)
    if but is not None:
        statement = statement.where(session.c.token_hash != but)
    ended = await connection.scalars(statement.returning(session.c.token_hash))
    return ended.all()


async def still_there(
    connection: AsyncConnection, token_hashes: Collection[bytes]
) -> frozenset[bytes]:
    """Which of these sessions have not been ended, and are of nobody disabled."""
    found = await connection.scalars(
        select(session.c.token_hash)
        .join_from(session, user_account)
        .where(session.c.token_hash.in_(token_hashes), user_account.c.disabled_at.is_(None))
    )
    return frozenset(found)


async def set_passphrase(connection: AsyncConnection, user_id: int, password_hash: str) -> None:
    await connection.execute(
        update(user_account).where(user_account.c.id == user_id).values(password_hash=password_hash)
    )


async def set_language(connection: AsyncConnection, user_id: int, language: str) -> None:
    await connection.execute(
        update(user_account).where(user_account.c.id == user_id).values(language=language)
    )


async def end(connection: AsyncConnection, token_hash: bytes) -> None:
    await connection.execute(delete(session).where(session.c.token_hash == token_hash))


async def found(connection: AsyncConnection, token_hash: bytes) -> Session | None:
    rows = await connection.execute(
        _sessions().where(session.c.token_hash == token_hash, user_account.c.disabled_at.is_(None))
    )
    row = rows.mappings().one_or_none()
    return None if row is None else Session(**{**row, "assurance": Assurance(row["assurance"])})


def _sessions() -> Select[Any]:
    return select(
        user_account.c.id.label("user_id"),
        user_account.c.email,
        user_account.c.name,
        user_account.c.language,
        session.c.last_seen_at,
        session.c.expires_at,
        session.c.id,
        session.c.assurance,
        session.c.proven_at,
        _has_factor().label("has_factor"),
    ).join_from(session, user_account)


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
