"""Requests that need four eyes, in the database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    any_,
    exists,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.queries import within
from shared.db.names import name_of
from shared.db.tables.approvals import approval
from shared.db.tables.people import user_account
from shared.db.tables.proofs import external_identity
from shared.db.tables.registry import admin_unit, device, facility, zone
from shared.domain.access import Scope
from shared.domain.approvals import Approval, Decision, Kind, Person, Repeats, Window


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request is for: a facility and its unit, or a unit."""

    facility_id: int | None
    facility: str | None
    facility_name: str | None
    unit_id: int
    unit: str
    unit_name: str

    def is_in(self, scope: Scope) -> bool:
        if self.facility_id is None:
            return scope.covers_unit(self.unit_id)
        return scope.covers(facility_id=self.facility_id, admin_unit_id=self.unit_id)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, with what is shown beside it."""

    id: int
    approval: Approval
    place: Place
    subject: Mapping[str, Any]
    reason: str
    note: str
    copies: int
    asked: str
    decided: str | None
    ended: str | None


@dataclass(frozen=True, slots=True)
class Visible:
    """Whose requests somebody sees: their own, and by kind those of a scope."""

    user_id: int
    exceptions: Scope
    exports: Scope


async def page(
    connection: AsyncConnection,
    visible: Visible,
    *,
    open_at: datetime | None,
    before: int | None,
    limit: int,
) -> Sequence[Request]:
    """Newest first; only what still waits, if an instant is given."""
    statement = shown(visible)
    if open_at is not None:
        statement = statement.where(
            approval.c.decision.is_(None),
            approval.c.ended_at.is_(None),
            approval.c.expires_at > open_at,
        )
    if before is not None:
        statement = statement.where(approval.c.id < before)
    rows = await connection.execute(statement.order_by(approval.c.id.desc()).limit(limit))
    return [request_of(row) for row in rows]


async def one(connection: AsyncConnection, approval_id: int, visible: Visible) -> Request | None:
    row = (
        await connection.execute(shown(visible).where(approval.c.id == approval_id))
    ).one_or_none()
    return request_of(row) if row else None


async def lock(connection: AsyncConnection, approval_id: int) -> None:
    """Nobody else decides on it or ends it until the transaction is over."""
    await connection.execute(
        select(approval.c.id).where(approval.c.id == approval_id).with_for_update()
    )


def shown(visible: Visible) -> Select[Any]:
    home = admin_unit.alias("home")
    its = approval.c
    return (
        select(
            its.id, its.kind, its.requested_by, its.requested_at, its.expires_at, its.starts_at,
            its.ends_at, its.repeats, its.repeats_until, its.decision, its.decided_by,
            its.decided_at, its.ended_by, its.ended_at,
            facility.c.id.label("facility_id"), facility.c.code, facility.c.name,
            home.c.id.label("unit_id"), home.c.code.label("unit"), home.c.name.label("unit_name"),
            its.subject, its.reason, its.decision_note, its.copies,
            name_of(its.requested_by).label("asked"), name_of(its.decided_by).label("decided"),
            name_of(its.ended_by).label("ended"),
        )
        .select_from(
            approval.outerjoin(facility, facility.c.id == its.facility_id).join(
                home, home.c.id.in_((its.admin_unit_id, facility.c.admin_unit_id))
            )
        )
        .where(_is_visible(visible))
    )  # fmt: skip


def _is_visible(visible: Visible) -> ColumnElement[bool]:
    is_export = approval.c.kind == Kind.NAMED_EXPORT
    return or_(
        approval.c.requested_by == visible.user_id,
        ~is_export & _lies_in(visible.exceptions),
        is_export & _lies_in(visible.exports),
    )


def _lies_in(scope: Scope) -> ColumnElement[bool]:
    if scope.is_everywhere:
        return true()
    units = any_(_ids(scope.admin_unit_ids))
    return or_(
        approval.c.facility_id.is_not(None) & within(scope), approval.c.admin_unit_id == units
    )


def request_of(row: Row[Any]) -> Request:
    window = None
    if row.starts_at:
        repeats = Repeats(row.repeats) if row.repeats else None
        window = Window(row.starts_at, row.ends_at, repeats, row.repeats_until)
    return Request(
        id=row.id,
        approval=Approval(
            kind=Kind(row.kind),
            requested_by=row.requested_by,
            requested_at=row.requested_at,
            expires_at=row.expires_at,
            window=window,
            decision=Decision(row.decision) if row.decision else None,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            ended_by=row.ended_by,
            ended_at=row.ended_at,
        ),
        place=Place(row.facility_id, row.code, row.name, row.unit_id, row.unit, row.unit_name),
        subject=row.subject,
        reason=row.reason,
        note=row.decision_note,
        copies=row.copies,
        asked=row.asked,
        decided=row.decided,
        ended=row.ended,
    )


async def unit_in(
    connection: AsyncConnection, code: str, scope: Scope, *, today: date
) -> int | None:
    """A unit of today that lies within a scope."""
    its = admin_unit.c
    found: int | None = await connection.scalar(
        select(its.id).where(
            its.code == code,
            its.valid_from <= today,
            or_(its.valid_to.is_(None), its.valid_to > today),
            true() if scope.is_everywhere else its.id == any_(_ids(scope.admin_unit_ids)),
        )
    )
    return found


async def has_zone(connection: AsyncConnection, facility_id: int, code: str) -> bool:
    its = zone.c
    there = exists().where(
        its.facility_id == facility_id, its.code == code, its.retired_at.is_(None)
    )
    return bool(await connection.scalar(select(there)))


async def has_device(connection: AsyncConnection, facility_id: int, code: str) -> bool:
    its = device.c
    there = exists().where(
        its.facility_id == facility_id, its.code == code, its.retired_at.is_(None)
    )
    return bool(await connection.scalar(select(there)))


async def add(
    connection: AsyncConnection,
    asked: Approval,
    *,
    facility_id: int | None,
    unit_id: int | None,
    subject: Mapping[str, object],
    reason: str,
) -> int:
    values = {
        "kind": asked.kind, "subject": dict(subject), "facility_id": facility_id,
        "admin_unit_id": unit_id, "reason": reason, "requested_by": asked.requested_by,
        "requested_at": asked.requested_at, "expires_at": asked.expires_at,
        "starts_at": asked.window.starts_at if asked.window else None,
        "ends_at": asked.window.ends_at if asked.window else None,
        "repeats": asked.window.repeats if asked.window else None,
        "repeats_until": asked.window.repeats_until if asked.window else None,
    }  # fmt: skip
    approval_id: int = (
        await connection.execute(insert(approval).values(values).returning(approval.c.id))
    ).scalar_one()
    return approval_id


async def keep(connection: AsyncConnection, approval_id: int, now: Approval, *, note: str) -> None:
    """What was decided, or that it was ended; the request itself never changes."""
    await connection.execute(
        update(approval)
        .where(approval.c.id == approval_id)
        .values(
            decision=now.decision,
            decided_by=now.decided_by,
            decided_at=now.decided_at,
            decision_note=note,
            ended_by=now.ended_by,
            ended_at=now.ended_at,
        )
    )


async def count_copy(connection: AsyncConnection, approval_id: int) -> int:
    """The number of the copy that is handed out now."""
    copies: int = (
        await connection.execute(
            update(approval)
            .where(approval.c.id == approval_id)
            .values(copies=approval.c.copies + 1)
            .returning(approval.c.copies)
        )
    ).scalar_one()
    return copies


async def people(connection: AsyncConnection, user_ids: Collection[int]) -> dict[int, Person]:
    """Who stands behind some accounts; only for ourselves to compare."""
    accounts = await connection.execute(
        select(user_account.c.id, user_account.c.email).where(
            user_account.c.id == any_(_ids(user_ids))
        )
    )
    of = external_identity.c
    identities = await connection.execute(
        select(of.user_id, of.issuer, of.subject).where(of.user_id == any_(_ids(user_ids)))
    )
    known: dict[int, set[tuple[str, str]]] = {}
    for row in identities:
        known.setdefault(row.user_id, set()).add((row.issuer, row.subject))
    return {row.id: Person(row.id, row.email, known.get(row.id, set())) for row in accounts}


def _ids(ids: Collection[int]) -> ColumnElement[Sequence[int]]:
    return literal(list(ids), ARRAY(BIGINT))
