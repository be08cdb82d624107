"""Asking for what needs four eyes, deciding on it, and ending it before its time."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import facility_to_change
from services.api.access.transactions import changing, disclosing, reading, reading_as_system
from services.api.access_log.asked import HOME_ZONE
from services.api.approvals import queries
from services.api.approvals.queries import Request, Visible
from services.api.approvals.schemas import OBSTACLES, ApprovalIn, DecisionIn
from services.api.problems import ConflictError, ForbiddenError, InvalidError, MissingError
from services.api.resources import Resources
from shared.domain import approval_limits, approvals
from shared.domain.access import Action, Scope
from shared.domain.approvals import (
    MAY_DECIDE,
    MAY_REQUEST,
    NEEDED_FOR,
    Approval,
    Decision,
    Kind,
    Obstacle,
    Window,
)
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.schedule import local_day

_SUBJECTS = {
    Kind.MUTE: Subject.EXCEPTION,
    Kind.MAINTENANCE: Subject.EXCEPTION,
    Kind.CORRECTION: Subject.EXCEPTION,
    Kind.NAMED_EXPORT: Subject.NAMED_EXPORT,
}


def visible_to(caller: Caller) -> Visible:
    """Their own, and what is asked where they may ask or decide."""
    return Visible(
        caller.user_id,
        exceptions=_either(caller, Action.REQUEST_EXCEPTION, Action.APPROVE_EXCEPTION),
        exports=_either(caller, Action.REQUEST_EXPORT, Action.APPROVE_EXPORT),
    )


def _either(caller: Caller, *actions: Action) -> Scope:
    scopes = [caller.scope(action) for action in actions]
    return Scope(
        is_everywhere=any(one.is_everywhere for one in scopes),
        admin_unit_ids=tuple(sorted({id_ for one in scopes for id_ in one.admin_unit_ids})),
        facility_ids=tuple(sorted({id_ for one in scopes for id_ in one.facility_ids})),
    )


async def page(
    resources: Resources, caller: Caller, *, only_open: bool, before: int | None, limit: int
) -> list[Request]:
    """Newest first; it says by name who asked, so it is on record."""
    open_at = resources.now() if only_open else None
    deed = Deed(Verb.LIST, Subject.EXCEPTION, "open" if only_open else "all")
    async with disclosing(resources, caller, deed) as connection:
        return list(
            await queries.page(
                connection, visible_to(caller), open_at=open_at, before=before, limit=limit
            )
        )


async def one(resources: Resources, caller: Caller, approval_id: int) -> Request:
    deed = Deed(Verb.READ, Subject.EXCEPTION, str(approval_id))
    async with disclosing(resources, caller, deed) as connection:
        return await _one(connection, caller, approval_id)


async def ask(resources: Resources, caller: Caller, given: ApprovalIn) -> Request:
    now = resources.now()
    window = _window(given)
    if obstacle := approval_limits.why_not_asked(given.kind, window, now=now):
        raise _invalid(obstacle)
    place = given.facility or given.unit or ""
    deed = Deed(
        Verb.REQUEST, _SUBJECTS[given.kind], f"{place}/{given.kind}", given.facility, {},
        unit=given.unit,
    )  # fmt: skip
    async with changing(resources, caller, deed) as connection:
        facility_id, unit_id = await _place(connection, caller, given, now)
        asked = Approval(
            kind=given.kind,
            requested_by=caller.user_id,
            requested_at=now,
            expires_at=approval_limits.expires_at(given.kind, window, now=now),
            window=window,
        )
        approval_id = await queries.add(
            connection,
            asked,
            facility_id=facility_id,
            unit_id=unit_id,
            subject=_subject(given),
            reason=given.reason,
        )
        # Now that it has a number, the line in the log says which.
        deed.detail["approval"] = approval_id
        return await _one(connection, caller, approval_id)


async def decide(
    resources: Resources, caller: Caller, approval_id: int, given: DecisionIn
) -> Request:
    """By somebody else than who asked: another person, not another account."""
    verb = Verb.APPROVE if given.decision is Decision.APPROVED else Verb.REFUSE
    async with reading(resources, caller) as connection:
        known = await _one(connection, caller, approval_id)
    async with reading_as_system(resources) as connection:
        people = await queries.people(connection, {known.approval.requested_by, caller.user_id})
    async with changing(resources, caller, _deed(verb, known)) as connection:
        await queries.lock(connection, approval_id)
        there = await _one(connection, caller, approval_id)
        if not there.place.is_in(caller.scope(MAY_DECIDE[there.approval.kind])):
            raise ForbiddenError("Your role here does not allow this.")
        asker, decider = people[there.approval.requested_by], people[caller.user_id]
        now = resources.now()
        if obstacle := approvals.why_not_decided(there.approval, asker, decider, now=now):
            raise _conflict(obstacle)
        after = approvals.decided(there.approval, given.decision, caller.user_id, at=now)
        await queries.keep(connection, approval_id, after, note=given.note)
        return await _one(connection, caller, approval_id)


async def end(resources: Resources, caller: Caller, approval_id: int) -> Request:
    """Withdrawn by whoever asked, or revoked by whoever may decide."""
    async with reading(resources, caller) as connection:
        known = await _one(connection, caller, approval_id)
    is_own = known.approval.requested_by == caller.user_id
    deed = _deed(Verb.UNDO if is_own else Verb.REVOKE, known)
    async with changing(resources, caller, deed) as connection:
        await queries.lock(connection, approval_id)
        there = await _one(connection, caller, approval_id)
        if not may_end(caller, there):
            raise ForbiddenError("Your role here does not allow this.")
        now = resources.now()
        if obstacle := approvals.why_not_ended(there.approval, now=now):
            raise _conflict(obstacle)
        after = approvals.ended(there.approval, caller.user_id, at=now)
        await queries.keep(connection, approval_id, after, note=there.note)
        return await _one(connection, caller, approval_id)


def may_end(caller: Caller, there: Request) -> bool:
    is_own = there.approval.requested_by == caller.user_id
    return is_own or there.place.is_in(caller.scope(MAY_DECIDE[there.approval.kind]))


def may_decide(caller: Caller, there: Request) -> bool:
    is_own = there.approval.requested_by == caller.user_id
    return not is_own and there.place.is_in(caller.scope(MAY_DECIDE[there.approval.kind]))


async def _one(connection: AsyncConnection, caller: Caller, approval_id: int) -> Request:
    found = await queries.one(connection, approval_id, visible_to(caller))
    if found is None:
        raise MissingError("request")
    return found


async def _place(
    connection: AsyncConnection, caller: Caller, given: ApprovalIn, now: datetime
) -> tuple[int | None, int | None]:
    """The facility or the unit, if the caller may ask for this there."""
    needed = [MAY_REQUEST[given.kind]]
    if given.dataset is not None:
        needed.append(NEEDED_FOR[given.dataset])
    if given.facility is None:
        return None, await _unit(connection, caller, given.unit or "", needed, now)
    facility = await facility_to_change(connection, given.facility, caller, needed[0])
    for action in needed:
        caller.must_be_able_to(action, facility)
    await _must_be_there(connection, facility.id, given)
    return facility.id, None


async def _unit(
    connection: AsyncConnection, caller: Caller, code: str, needed: list[Action], now: datetime
) -> int:
    today = local_day(now, HOME_ZONE)
    unit_id = await queries.unit_in(connection, code, caller.scope(Action.SEE), today=today)
    if unit_id is None:
        raise MissingError("unit")
    if not all(caller.scope(action).covers_unit(unit_id) for action in needed):
        raise ForbiddenError("Your role here does not allow this.")
    return unit_id


async def _must_be_there(connection: AsyncConnection, facility_id: int, given: ApprovalIn) -> None:
    if given.zone and not await queries.has_zone(connection, facility_id, given.zone):
        raise InvalidError("body.zone", "There is no such zone.", "Name one that is in use.")
    if given.device and not await queries.has_device(connection, facility_id, given.device):
        raise InvalidError("body.device", "There is no such device.", "Name one that is in use.")


def _subject(given: ApprovalIn) -> dict[str, object]:
    names = {"zone", "device", "dataset", "first_day", "last_day"}
    subject: dict[str, object] = given.model_dump(mode="json", include=names, exclude_none=True)
    return subject


def _window(given: ApprovalIn) -> Window | None:
    if given.starts_at is None or given.ends_at is None:
        return None
    return Window(given.starts_at, given.ends_at, given.repeats, given.repeats_until)


def _deed(verb: Verb, known: Request) -> Deed:
    place = known.place
    unit = place.unit if place.facility is None else None
    return Deed(verb, _SUBJECTS[known.approval.kind], str(known.id), place.facility, unit=unit)


def _invalid(obstacle: Obstacle) -> InvalidError:
    error = InvalidError("body.ends_at", *OBSTACLES[obstacle])
    error.code = obstacle.value
    return error


def _conflict(obstacle: Obstacle) -> ConflictError:
    return ConflictError(" ".join(OBSTACLES[obstacle]), code=obstacle.value)
