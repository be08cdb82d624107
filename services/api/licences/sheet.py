"""What the law says of one facility, on a page; also what a form on it that was refused returns to.

Everybody who sees a facility sees this; scans only whoever may see documents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.find import seen_facility
from services.api.access.queries import Facility
from services.api.access.transactions import reading
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.documents import queries as documents
from services.api.documents.keeping import may_add
from services.api.documents.schemas import DocumentOut
from services.api.facilities import shapes
from services.api.facilities.listing import queries as listing
from services.api.facilities.schemas import FacilityOut, Ownership
from services.api.licences import queries, standing, words
from services.api.licences.checks import queries as checks
from services.api.licences.schemas import NEEDED, CheckOut, FactOut, StandingOut
from services.api.problems import MissingError
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.conditions import Finding, OperatingCondition
from shared.domain.facility_status import FactKind, Status
from shared.domain.schedule import local_day

#: The mood of the answer box.
MOODS: Mapping[Status, str] = {
    Status.LICENSED: "good",
    Status.CONDITIONAL: "warn",
    Status.REGISTERED: "warn",
    Status.SUSPENDED: "bad",
    Status.LICENCE_REVOKED: "bad",
    Status.DISCOVERED_UNREGISTERED: "bad",
    Status.UNDOCUMENTED: "mild",
    Status.DISSOLVED: "mild",
}
#: Which fields the form of a fact has besides its day, its authority, its basis and a note.
FIELDS: Mapping[FactKind, tuple[str, ...]] = {
    FactKind.DISCOVERED: (),
    FactKind.REGISTRATION: ("number", "applied_on"),
    FactKind.ESTABLISHMENT: ("number",),
    FactKind.LICENCE_ISSUED: ("number", "applied_on", "last_day", "scope"),
    FactKind.LICENCE_AMENDED: ("number", "applied_on", "last_day", "scope"),
    FactKind.REMEDY_ORDERED: ("number", "due_on"),
    FactKind.REMEDY_ACCEPTED: ("number",),
    FactKind.SUSPENDED: ("number", "due_on", "children_to_move"),
    FactKind.SUSPENSION_LIFTED: ("number",),
    FactKind.LICENCE_REVOKED: ("number",),
    FactKind.DISSOLVED: ("number",),
}


#: With which paper a facility does not begin, by whose it is.
OTHER_PAPER: Mapping[Ownership, FactKind] = {
    Ownership.PUBLIC: FactKind.REGISTRATION,
    Ownership.NON_PUBLIC: FactKind.ESTABLISHMENT,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """As of which day, or a form that was refused: what was given, and what was wrong."""

    as_of: date | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Content:
    """What the database says."""

    facility: Facility
    home: FacilityOut
    unit_name: str
    facts: Sequence[FactOut]
    checks: Sequence[CheckOut]
    documents: Sequence[DocumentOut] | None
    authorities: Sequence[tuple[str, str]]


async def sheet(
    request: Request, viewer: Caller, resources: Resources, code: str, asked: Asked
) -> Response:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        there = await seen_facility(connection, code, viewer)
        today = local_day(now, there.time_zone)
        content = await _content(connection, viewer, there, on=asked.as_of, today=today)
    on = asked.as_of or today
    told = standing.told(content.facts, content.checks, on=on)
    return page(
        frame(request, viewer, now=now, time_zone=there.time_zone),
        "registry.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.faults else HTTPStatus.OK,
        **_facts(content, told),
        **_forms(viewer, content, told),
        given=asked.given,
        faults=asked.faults,
        as_of=asked.as_of,
        on=on,
        today=today,
        law=words,
        shape=shapes.shape,
    )


async def _content(
    connection: AsyncConnection, viewer: Caller, there: Facility, *, on: date | None, today: date
) -> _Content:
    scope = viewer.scope(Action.SEE)
    home = await listing.one(connection, there.code, scope, on=on, today=today)
    if home is None:
        raise MissingError("facility")
    decides = viewer.may(Action.LICENSE_FACILITY, there)
    sees_documents = viewer.may(Action.SEE_DOCUMENTS, there)
    return _Content(
        facility=there,
        home=home,
        unit_name=await listing.unit_name(connection, home.admin_unit, on=on or today),
        facts=await queries.facts(connection, there.id),
        checks=await checks.of_facility(connection, there.id),
        documents=await documents.of_facility(connection, there.id) if sees_documents else None,
        authorities=await queries.authorities(connection) if decides else (),
    )


def _facts(content: _Content, told: StandingOut) -> dict[str, Any]:
    kept = content.documents or ()
    return {
        "facility": content.home,
        "unit_name": content.unit_name,
        "told": told,
        "mood": MOODS[told.status],
        "history": content.facts,
        "checks": content.checks,
        "documents": content.documents,
        "papers_of": {
            fact.id: [one for one in kept if one.fact == fact.id] for fact in content.facts
        },
        "authorities": content.authorities,
        "plans_due": [one for one in content.facts if _is_due(one, told)],
    }


def _is_due(fact: FactOut, told: StandingOut) -> bool:
    """A plan for the children of a suspended facility, on that day."""
    is_now = told.status is Status.SUSPENDED and fact.effective_on <= told.on
    return is_now and fact.kind is FactKind.SUSPENDED and fact.withdrawn_at is None


def _forms(viewer: Caller, content: _Content, told: StandingOut) -> dict[str, Any]:
    there = content.facility
    decides = viewer.may(Action.LICENSE_FACILITY, there)
    discovers = viewer.may(Action.DISCOVER_FACILITY, there)
    other_paper = OTHER_PAPER[content.home.ownership]
    kinds = [
        kind
        for kind in told.possible
        if kind is not other_paper and (decides or (discovers and kind is FactKind.DISCOVERED))
    ]
    return {
        "kinds": kinds,
        "fields": FIELDS,
        "needed": NEEDED,
        "may_decide": decides,
        "may_watch": viewer.may(Action.WATCH, there) and there.retired_at is None,
        "may_add_documents": may_add(viewer, there),
        "may_change": viewer.may(Action.CHANGE_FACILITY, there) and there.retired_at is None,
        "conditions": list(OperatingCondition),
        "findings": list(Finding),
    }
