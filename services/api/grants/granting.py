"""Proposing, deciding and revoking grants; the API and the console go through here."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import seen_facility
from services.api.access.transactions import changing, reading
from services.api.agencies import queries as agencies
from services.api.feeds import pulling, reading_rows
from services.api.feeds.basis import basis_of
from services.api.feeds.cursors import Cursor
from services.api.grants import queries
from services.api.grants.queries import OnRecord
from services.api.grants.schemas import GrantIn, GrantOut, PreviewOut
from services.api.problems import ConflictError, ForbiddenError, InvalidError, MissingError
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.disclosure import (
    LONGEST_GRANT,
    Area,
    GrantState,
    Level,
    fields_of,
    state_of,
)
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.runtime import logging

_PREVIEWED = 5
_LIVE = frozenset({GrantState.PROPOSED, GrantState.COMING, GrantState.IN_FORCE})
log = logging.get(__name__)


async def propose(resources: Resources, caller: Caller, given: GrantIn) -> GrantOut:
    """Somebody else has to approve it."""
    caller.must_be_able_to_somewhere(Action.PROPOSE_GRANT)
    now = resources.now()
    valid_from = max(given.valid_from or now, now)
    _must_make_sense(given, length=given.valid_to - valid_from)
    deed = _deed(Verb.REQUEST, given, agency=given.agency)
    async with changing(resources, caller, deed) as connection:
        client = await agencies.client(connection, given.agency)
        if client is None or client.revoked_at is not None:
            raise InvalidError("body.agency", "There is no such agency.", "See the list of them.")
        area = await _area(connection, caller, given, resources)
        grant_id = await queries.propose(
            connection,
            {
                "client_id": client.id,
                "dataset": given.dataset,
                "admin_unit_id": area.admin_unit_id,
                "facility_id": area.facility_id,
                "purpose": given.purpose,
                "legal_basis": given.legal_basis,
                "level": given.level,
                "valid_from": valid_from,
                "valid_to": given.valid_to,
                "proposed_by": caller.user_id,
                "proposed_at": now,
            },
        )
        deed.detail["grant"] = grant_id
        shown = await seen(connection, grant_id, caller)
    log.info("grant_proposed", grant=grant_id, client=given.agency)
    return out(shown, caller, resources)


async def approve(resources: Resources, caller: Caller, grant_id: int) -> GrantOut:
    return await _decide(resources, caller, grant_id, {"approved_at": resources.now()})


async def refuse(resources: Resources, caller: Caller, grant_id: int, reason: str) -> GrantOut:
    values = {"refused_at": resources.now(), "reason": reason}
    return await _decide(resources, caller, grant_id, values)


async def _decide(
    resources: Resources, caller: Caller, grant_id: int, values: dict[str, Any]
) -> GrantOut:
    verb = Verb.APPROVE if "approved_at" in values else Verb.REFUSE
    there = await _looked_up(resources, caller, grant_id)
    async with changing(resources, caller, _deed(verb, there, key=str(grant_id))) as connection:
        there = await seen(connection, grant_id, caller)
        if not _covers(caller, Action.APPROVE_GRANT, there):
            raise ForbiddenError("Your role here does not allow this.")
        if there.proposed_by == caller.user_id:
            raise ForbiddenError("Somebody else has to decide on it.", code="four_eyes")
        if state_of(there.grant, now=resources.now()) is not GrantState.PROPOSED:
            raise ConflictError("This grant is not open any more.", code="not_open")
        if there.is_agency_revoked and verb is Verb.APPROVE:
            raise ConflictError("This agency is revoked.", code="agency_revoked")
        if not await queries.decide(connection, grant_id, caller.user_id, values):
            raise ConflictError("Somebody else was first.", code="not_open")
        there = await seen(connection, grant_id, caller)
    log.info("grant_decided", grant=grant_id, verb=verb)
    return out(there, caller, resources)


async def revoke(resources: Resources, caller: Caller, grant_id: int, reason: str) -> GrantOut:
    """At once: the next page is not answered any more."""
    there = await _looked_up(resources, caller, grant_id)
    deed = _deed(Verb.REVOKE, there, key=str(grant_id))
    async with changing(resources, caller, deed) as connection:
        there = await seen(connection, grant_id, caller)
        if not _may_revoke(caller, there):
            raise ForbiddenError("Your role here does not allow this.")
        by = f"user:{caller.user_id}"
        if state_of(there.grant, now=resources.now()) not in _LIVE or not await queries.revoke(
            connection, grant_id, by=by, reason=reason, now=resources.now()
        ):
            raise ConflictError("This grant has ended already.", code="not_open")
        there = await seen(connection, grant_id, caller)
    log.info("grant_revoked", grant=grant_id)
    return out(there, caller, resources)


async def preview(resources: Resources, caller: Caller, grant_id: int) -> PreviewOut:
    """For those to whom the facilities behind it are open anyway."""
    async with reading(resources, caller) as connection:
        there = await seen(connection, grant_id, caller)
        if not all(_covers(caller, one, there) for one in (Action.SEE, Action.WATCH)):
            raise ForbiddenError("Your role here does not allow this.")
        grant, now = there.grant, resources.now()
        lens = pulling.lens_of(resources, there.agency, grant)
        basis = await basis_of(connection, grant, now)
        today = local_day(now, COUNTRY_TIME_ZONE)
        week = (today - timedelta(days=7), today)
        if grant.level is Level.AGGREGATE:
            found = await reading_rows.count(connection, grant.dataset, basis, week)
        else:
            cursor = Cursor(
                grant.id, "", "", 0, now, from_day=week[0].isoformat(), until=0, until_at=now,
                until_known=basis.horizon.known_until,
            )  # fmt: skip
            found = await reading_rows.read(connection, grant.dataset, basis, cursor, _PREVIEWED)
    lines = [*found.lines[:_PREVIEWED], *(lens.shown(row) for row in found.rows[:_PREVIEWED])]
    return PreviewOut(items=lines, fields=list(fields_of(grant.dataset, grant.level)))


async def seen(connection: AsyncConnection, grant_id: int, caller: Caller) -> OnRecord:
    there = await queries.one(connection, grant_id, caller.scope(Action.SEE_GRANTS))
    if there is None:
        raise MissingError("grant")
    return there


def out(one: OnRecord, caller: Caller | None, resources: Resources) -> GrantOut:
    """`caller`: a person; an agency decides nothing."""
    state = state_of(one.grant, now=resources.now())
    is_open = state is GrantState.PROPOSED
    return GrantOut(
        id=one.grant.id,
        agency=one.agency,
        agency_name=one.agency_name,
        dataset=one.grant.dataset,
        unit=one.unit,
        unit_name=one.unit_name,
        facility=one.facility,
        facility_name=one.facility_name,
        purpose=one.purpose,
        legal_basis=one.legal_basis,
        level=one.grant.level,
        valid_from=one.grant.valid_from,
        valid_to=one.grant.valid_to,
        state=state,
        proposed_at=one.proposed_at,
        approved_at=one.grant.approved_at,
        refused_at=one.grant.refused_at,
        revoked_at=one.grant.revoked_at,
        revoked_by_agency=(one.revoked_by or "").startswith("client:"),
        reason=one.reason,
        may_decide=caller is not None
        and is_open
        and one.proposed_by != caller.user_id
        and _covers(caller, Action.APPROVE_GRANT, one),
        may_revoke=caller is not None and state in _LIVE and _may_revoke(caller, one),
    )


async def _looked_up(resources: Resources, caller: Caller, grant_id: int) -> OnRecord:
    """Before anything is changed, so that the record of it names the facility."""
    async with reading(resources, caller) as connection:
        return await seen(connection, grant_id, caller)


def _covers(caller: Caller, action: Action, one: OnRecord) -> bool:
    scope, area = caller.scope(action), one.grant.area
    if area.facility_id is not None:
        return scope.covers(facility_id=area.facility_id, admin_unit_id=one.facility_unit_id or 0)
    if area.admin_unit_id is not None:
        return scope.covers_unit(area.admin_unit_id)
    return scope.is_everywhere


def _may_revoke(caller: Caller, one: OnRecord) -> bool:
    return any(
        _covers(caller, action, one) for action in (Action.PROPOSE_GRANT, Action.APPROVE_GRANT)
    )


async def _area(
    connection: AsyncConnection, caller: Caller, given: GrantIn, resources: Resources
) -> Area:
    """One's own to share: another's is not there."""
    scope = caller.scope(Action.PROPOSE_GRANT)
    if given.facility is not None:
        facility = await seen_facility(connection, given.facility, caller)
        caller.must_be_able_to(Action.PROPOSE_GRANT, facility)
        return Area(facility_id=facility.id)
    if given.unit is not None:
        today = local_day(resources.now(), COUNTRY_TIME_ZONE)
        unit = await queries.unit_named(connection, given.unit, today=today)
        if unit is None or not scope.covers_unit(unit.id):
            raise MissingError("unit")
        return Area(admin_unit_id=unit.id)
    if not scope.is_everywhere:
        raise ForbiddenError("Name a unit or a facility of yours; the country is not.")
    return Area()


def _must_make_sense(given: GrantIn, *, length: timedelta) -> None:
    if given.unit is not None and given.facility is not None:
        raise InvalidError("body.facility", "It is a unit or a facility.", "Leave one out.")
    if given.facility is not None and given.level is Level.AGGREGATE:
        raise InvalidError(
            "body.level", "Counts of one facility are never told.", "Choose a unit, or a level."
        )
    if not timedelta() < length <= LONGEST_GRANT:
        raise InvalidError(
            "body.valid_to",
            "It must come after the beginning, by two years at most.",
            "Choose another day.",
        )


def _deed(verb: Verb, of: GrantIn | OnRecord, *, key: str = "new", **detail: object) -> Deed:
    return Deed(verb, Subject.GRANT, key, of.facility, dict(detail))
