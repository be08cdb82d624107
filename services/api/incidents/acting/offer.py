"""What a reader may do about an incident: which forms its page shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.api.access.caller import Caller
from services.api.access.transactions import reading, still_disclosing
from services.api.documents import queries as documents
from services.api.documents.schemas import DocumentOut
from services.api.incidents.acknowledging import may
from services.api.incidents.acting import acting
from services.api.incidents.acting.acting import NEEDED
from services.api.incidents.acting.schemas import AssigneeOut
from services.api.incidents.schemas import IncidentDetailOut
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.handling import ActionKind, why_not_explained, why_not_reviewed
from shared.domain.states import IncidentState


@dataclass(frozen=True, slots=True)
class Offer:
    """The kinds of things that make sense now, and what there is to choose from."""

    kinds: frozenset[ActionKind]
    assignees: Sequence[AssigneeOut] = ()
    documents: Sequence[DocumentOut] = ()


async def offer(
    resources: Resources,
    viewer: Caller,
    incident: IncidentDetailOut,
    place: tuple[int | None, int] | None,
) -> Offer:
    """People are looked up, which goes on record, only for who may give it to somebody."""
    allowed = frozenset(kind for kind, action in NEEDED.items() if may(viewer, action, place))
    kinds = allowed - _pointless(incident)
    people: Sequence[AssigneeOut] = ()
    if ActionKind.ASSIGN in kinds:
        deed = Deed(Verb.LIST, Subject.PERSON, f"incident:{incident.id}", incident.facility)
        async with still_disclosing(resources, viewer, deed) as connection:
            people = await acting.assignees(resources, connection, viewer, incident.id)
    papers: Sequence[DocumentOut] = ()
    facility_id = place[0] if place else None
    if ActionKind.EXPLAIN in kinds and facility_id and may(viewer, Action.SEE_DOCUMENTS, place):
        async with reading(resources, viewer) as connection:
            papers = await documents.of_facility(connection, facility_id)
    return Offer(kinds, people, papers)


def _pointless(incident: IncidentDetailOut) -> frozenset[ActionKind]:
    """What the rules would refuse whoever asks; whose explanation it is is looked at then."""
    last = next((one for one in reversed(incident.actions) if one.kind is ActionKind.EXPLAIN), None)
    reviews = [one for one in incident.actions if last and one.explanation == last.id]
    verdict = reviews[-1].verdict if reviews else None
    by = 1 if last else None
    found = set()
    if incident.state is IncidentState.RESOLVED:
        found.add(ActionKind.SNOOZE)
    if why_not_explained(by, last_verdict=verdict):
        found.add(ActionKind.EXPLAIN)
    if why_not_reviewed(by, 0, last_verdict=verdict):
        found.add(ActionKind.REVIEW)
    return frozenset(found)
