"""Does what people do about an incident, if the rules let them; API and console do it here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.transactions import changing, reading_as_system
from services.api.approvals import queries as approvals
from services.api.incidents import queries as incidents
from services.api.incidents.acknowledging import may
from services.api.incidents.acting import queries
from services.api.incidents.acting.queries import Act, Handled
from services.api.incidents.acting.schemas import (
    ActionIn,
    AssigneeOut,
    AssignIn,
    CommentIn,
    ExplainIn,
    ResolveIn,
    ReviewIn,
    SnoozeIn,
)
from services.api.incidents.schemas import ActionOut
from services.api.problems import ConflictError, ForbiddenError, InvalidError, MissingError
from services.api.resources import Resources
from shared.domain import handling
from shared.domain.access import POLICY, Action, Role
from shared.domain.approvals import is_same_person
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.handling import ActionKind, Obstacle
from shared.runtime import logging

log = logging.get(__name__)

#: What one must be allowed to do it.
NEEDED: Final[Mapping[ActionKind, Action]] = {
    ActionKind.COMMENT: Action.ACKNOWLEDGE,
    ActionKind.ASSIGN: Action.HANDLE_INCIDENT,
    ActionKind.SNOOZE: Action.HANDLE_INCIDENT,
    ActionKind.RESOLVE: Action.HANDLE_INCIDENT,
    ActionKind.EXPLAIN: Action.EXPLAIN_GAP,
    ActionKind.REVIEW: Action.REVIEW_EXPLANATION,
}
#: Who can see to an incident at all.
_HELPERS: Final = tuple(role for role in Role if Action.ACKNOWLEDGE in POLICY[role])
#: Why not, and what to do.
OBSTACLES: Final[Mapping[Obstacle, str]] = {
    Obstacle.OVER: "This incident is over; there is nothing to put off.",
    Obstacle.TOO_LONG: "That is too long for how bad it is: choose an earlier time.",
    Obstacle.IN_THE_PAST: "That time has passed: choose a later one.",
    Obstacle.NO_REASON: "Say why it is put off.",
    Obstacle.NOTHING_TO_REVIEW: "No explanation waits for a decision here.",
    Obstacle.OWN_EXPLANATION: "This is your own explanation: somebody else must review it.",
    Obstacle.ALREADY_WAITING: "An explanation was given already and was not rejected.",
}
_OF_UNTIL: Final = frozenset({Obstacle.TOO_LONG, Obstacle.IN_THE_PAST})
Place = tuple[int | None, int] | None


@dataclass(frozen=True, slots=True)
class _Handling:
    """Who does something about which incident, within one transaction."""

    resources: Resources
    connection: AsyncConnection
    caller: Caller
    incident_id: int
    incident: Handled


async def act(resources: Resources, caller: Caller, incident_id: int, given: ActionIn) -> ActionOut:
    """What was done; alerts takes it in within a second."""
    now = resources.now()
    deed = Deed(Verb.CHANGE, Subject.INCIDENT, str(incident_id), detail={"kind": str(given.kind)})
    async with changing(resources, caller, deed) as connection:
        place = await _place(connection, caller, incident_id)
        kind = ActionKind(given.kind)
        if not may(caller, NEEDED[kind], place):
            raise ForbiddenError("Your role here does not allow this.")
        handled = await queries.locked(connection, incident_id)
        about = _Handling(resources, connection, caller, incident_id, handled)
        detail = await _checked(about, given)
        number = await queries.add(
            connection, incident_id, Act(kind, caller.user_id, given.note, detail), now=now
        )
        done = await queries.of_incident(connection, incident_id)
    log.info("incident_handled", incident_id=incident_id, kind=kind)
    return next(one for one in done if one.id == number)


async def assignees(
    resources: Resources, connection: AsyncConnection, caller: Caller, incident_id: int
) -> list[AssigneeOut]:
    """As far as the caller may see people there."""
    place = await _place(connection, caller, incident_id)
    if not may(caller, Action.HANDLE_INCIDENT, place):
        return []
    found = await queries.holders(connection, place, _HELPERS, now=resources.now())
    return [
        AssigneeOut(person=number, name=name, roles=[Role(role) for role in roles])
        for number, name, roles in found
    ]


async def _place(connection: AsyncConnection, caller: Caller, incident_id: int) -> Place:
    if await incidents.one(connection, incident_id, caller.scope(Action.WATCH)) is None:
        raise MissingError("incident")
    return await incidents.place_of(connection, incident_id)


async def _checked(about: _Handling, given: ActionIn) -> Mapping[str, object]:
    """What the action holds besides its note. Raises what stands against it."""
    detail: Mapping[str, object] = {}
    match given:
        case CommentIn():
            pass
        case AssignIn():
            detail = await _assigned(about, given)
        case SnoozeIn():
            detail = _snoozed(about, given)
        case ExplainIn():
            detail = await _explained(about, given)
        case ReviewIn():
            detail = await _reviewed(about, given)
        case ResolveIn():
            detail = {"resolution": given.resolution}
        case _:
            assert_never(given)
    return detail


async def _assigned(about: _Handling, given: AssignIn) -> Mapping[str, object]:
    people = await assignees(about.resources, about.connection, about.caller, about.incident_id)
    if given.person not in {one.person for one in people}:
        raise InvalidError(
            "body.person", "This person cannot see to it.", "Choose one of `/assignees`."
        )
    return {"user_id": given.person}


def _snoozed(about: _Handling, given: SnoozeIn) -> Mapping[str, object]:
    if given.until.tzinfo is None:
        raise InvalidError("body.until", "It has no time zone.", "Send it with an offset or Z.")
    incident, now = about.incident, about.resources.now()
    obstacle = handling.why_not_snoozed(
        incident.state, incident.severity, until=given.until, reason=given.note, now=now
    )
    if obstacle in _OF_UNTIL:
        hours = handling.LONGEST_SNOOZE[incident.severity].total_seconds() / 3600
        raise InvalidError("body.until", OBSTACLES[obstacle], f"At most {hours:g} h from now.")
    _must_be_free(obstacle)
    return {"until": given.until.isoformat()}


async def _explained(about: _Handling, given: ExplainIn) -> Mapping[str, object]:
    last = await queries.last_explanation(about.connection, about.incident_id)
    _must_be_free(
        handling.why_not_explained(
            last.by if last else None, last_verdict=last.verdict if last else None
        )
    )
    wanted = frozenset(given.documents)
    kept = frozenset[int]()
    if wanted and about.incident.facility_id is not None:
        kept = await queries.kept_documents(about.connection, about.incident.facility_id, wanted)
    if wanted - kept:
        raise InvalidError(
            "body.documents", "Not all of these are kept.", "Add the scans to the facility first."
        )
    return {"documents": sorted(wanted)}


async def _reviewed(about: _Handling, given: ReviewIn) -> Mapping[str, object]:
    """Four eyes are those of two people, not of two accounts."""
    last = await queries.last_explanation(about.connection, about.incident_id)
    if last is None:
        raise ConflictError(OBSTACLES[Obstacle.NOTHING_TO_REVIEW], code=Obstacle.NOTHING_TO_REVIEW)
    reviewer = about.caller.user_id
    _must_be_free(handling.why_not_reviewed(last.by, reviewer, last_verdict=last.verdict))
    async with reading_as_system(about.resources) as looking:
        known = await approvals.people(looking, {last.by, reviewer})
    if is_same_person(known[last.by], known[reviewer]):
        _must_be_free(Obstacle.OWN_EXPLANATION)
    return {"explanation": last.id, "verdict": given.verdict}


def _must_be_free(obstacle: Obstacle | None) -> None:
    if obstacle is not None:
        raise ConflictError(OBSTACLES[obstacle], code=obstacle)
