"""Invitations on record, and the mails with their links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, any_, insert, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.people.roles.queries import Appointment
from shared.db.names import reaches
from shared.db.tables.invitations import invitation, person_mail
from shared.db.tables.people import role_assignment, user_account
from shared.db.tables.registry import admin_unit, facility
from shared.domain.access import PlaceKind, Role, Scope
from shared.domain.appointments import Where

_IDS: Final = ARRAY(BIGINT)


@dataclass(frozen=True, slots=True)
class Invitation:
    """One on record, with its place."""

    id: int
    email: str
    language: str
    user_id: int | None
    role: Role | None
    where: Where
    facility: str | None
    facility_name: str | None
    admin_unit: str | None
    admin_unit_name: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    authority_id: int | None
    legal_basis: str
    is_deputy: bool
    time_share_percent: int | None
    invited_by: int | None
    invited_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None
    mail: str | None
    is_named: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that holds a link; good as long as the link is."""

    address: str
    language: str
    subject: str
    body: str
    message_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewLink:
    """What is kept of a link."""

    token_hash: bytes
    made_at: datetime
    expires_at: datetime


async def add(
    connection: AsyncConnection, given: Appointment, link: NewLink, *, email: str, language: str
) -> int:
    is_facility = given.where.kind is PlaceKind.FACILITY
    values = {
        "token_hash": link.token_hash,
        "email": email,
        "language": language,
        "role": given.role,
        "facility_id": given.where.facility_id,
        "admin_unit_id": None if is_facility else given.where.admin_unit_id,
        "valid_from": given.valid_from,
        "valid_to": given.valid_to,
        "authority_id": given.authority_id,
        "legal_basis": given.legal_basis,
        "is_deputy": given.is_deputy,
        "time_share_percent": given.time_share_percent,
        "invited_by": given.given_by,
        "invited_at": link.made_at,
        "expires_at": link.expires_at,
    }
    return await _added(connection, values)


async def add_reset(
    connection: AsyncConnection, user_id: int, link: NewLink, *, by: int | None
) -> int:
    """For the address that is on record, in place of other links that would do the same."""
    await connection.execute(
        update(invitation)
        .where(
            invitation.c.user_id == user_id,
            invitation.c.accepted_at.is_(None),
            invitation.c.revoked_at.is_(None),
        )
        .values(revoked_at=link.made_at)
    )
    who = (
        await connection.execute(
            select(user_account.c.email, user_account.c.language).where(
                user_account.c.id == user_id
            )
        )
    ).one()
    values = {
        "token_hash": link.token_hash,
        "email": who.email,
        "language": who.language,
        "user_id": user_id,
        "invited_by": by,
        "invited_at": link.made_at,
        "expires_at": link.expires_at,
    }
    return await _added(connection, values)


async def _added(connection: AsyncConnection, values: Mapping[str, object]) -> int:
    number: int = (
        await connection.execute(insert(invitation).values(dict(values)).returning(invitation.c.id))
    ).scalar_one()
    return number


async def post(
    connection: AsyncConnection, invitation_id: int, mail: Mail, *, now: datetime
) -> None:
    """Into the outbox; alerts sends it."""
    await connection.execute(
        insert(person_mail).values(
            invitation_id=invitation_id,
            address=mail.address,
            language=mail.language,
            subject=mail.subject,
            body=mail.body,
            message_id=mail.message_id,
            created_at=now,
            due_at=now,
            expires_at=mail.expires_at,
        )
    )


async def listed(
    connection: AsyncConnection,
    managed: Scope,
    named: Scope,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[Invitation]:
    """Newest first."""
    statement = _shown(named).where(_within(managed))
    if before is not None:
        at, number = before
        statement = statement.where(
            or_(
                invitation.c.invited_at < at,
                (invitation.c.invited_at == at) & (invitation.c.id < number),
            )
        )
    newest = (invitation.c.invited_at.desc(), invitation.c.id.desc())
    rows = await connection.execute(statement.order_by(*newest).limit(limit))
    return [_read(row) for row in rows.mappings()]


async def one(
    connection: AsyncConnection, managed: Scope, named: Scope, number: int
) -> Invitation | None:
    rows = await connection.execute(
        _shown(named).where(_within(managed), invitation.c.id == number)
    )
    row = rows.mappings().one_or_none()
    return _read(row) if row else None


async def by_token(connection: AsyncConnection, token_hash: bytes) -> Invitation | None:
    everywhere = Scope(is_everywhere=True)
    rows = await connection.execute(_shown(everywhere).where(invitation.c.token_hash == token_hash))
    row = rows.mappings().one_or_none()
    return _read(row) if row else None


def _shown(named: Scope) -> Select[Any]:
    newest_mail = (
        select(person_mail.c.state)
        .where(person_mail.c.invitation_id == invitation.c.id)
        .order_by(person_mail.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            *invitation.c,
            facility.c.code.label("facility"),
            facility.c.name.label("facility_name"),
            facility.c.admin_unit_id.label("lies_in"),
            admin_unit.c.code.label("admin_unit"),
            admin_unit.c.name.label("admin_unit_name"),
            admin_unit.c.level.label("level"),
            newest_mail.label("mail"),
            and_(_within(named), reaches("named")).label("is_named"),
        )
        .select_from(invitation)
        .outerjoin(facility, facility.c.id == invitation.c.facility_id)
        .outerjoin(admin_unit, admin_unit.c.id == invitation.c.admin_unit_id)
    )


def _within(scope: Scope) -> ColumnElement[bool]:
    """Of whose place the role is; or, of a reset, who holds one there."""
    if scope.is_everywhere:
        return true()
    units = literal(list(scope.admin_unit_ids), _IDS)
    facilities = literal(list(scope.facility_ids), _IDS)
    held = role_assignment.c
    there = select(held.user_id).where(
        or_(held.admin_unit_id == any_(units), held.facility_id == any_(facilities))
    )
    return or_(
        invitation.c.admin_unit_id == any_(units),
        invitation.c.facility_id == any_(facilities),
        facility.c.admin_unit_id == any_(units),
        invitation.c.user_id.in_(there),
    )


def _read(row: Any) -> Invitation:
    role = Role(row["role"]) if row["role"] else None
    return Invitation(
        where=_where(row),
        role=role,
        **{
            name: row[name]
            for name in (
                "id", "email", "language", "user_id", "facility", "facility_name", "admin_unit",
                "admin_unit_name", "valid_from", "valid_to", "authority_id", "legal_basis",
                "is_deputy", "time_share_percent", "invited_by", "invited_at", "expires_at",
                "accepted_at", "revoked_at", "mail", "is_named",
            )
        },
    )  # fmt: skip


def _where(row: Any) -> Where:
    if row["facility_id"] is not None:
        return Where(PlaceKind.FACILITY, row["facility_id"], row["lies_in"])
    if row["admin_unit_id"] is not None:
        is_province = row["level"] == PlaceKind.PROVINCE
        kind = PlaceKind.PROVINCE if is_province else PlaceKind.COMMUNE
        return Where(kind, admin_unit_id=row["admin_unit_id"])
    return Where(PlaceKind.EVERYWHERE)


async def renew(
    connection: AsyncConnection, number: int, token_hash: bytes, *, expires_at: datetime
) -> bool:
    """A new link in place of the one before; not of an invitation that is over."""
    renewed = await connection.execute(
        update(invitation)
        .where(
            invitation.c.id == number,
            invitation.c.accepted_at.is_(None),
            invitation.c.revoked_at.is_(None),
        )
        .values(token_hash=token_hash, expires_at=expires_at)
        .returning(invitation.c.id)
    )
    return renewed.one_or_none() is not None


async def revoke(connection: AsyncConnection, number: int, *, now: datetime) -> bool:
    revoked = await connection.execute(
        update(invitation)
        .where(
            invitation.c.id == number,
            invitation.c.accepted_at.is_(None),
            invitation.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(invitation.c.id)
    )
    return revoked.one_or_none() is not None
