"""What falls silent piece by piece is one, though some of it was told as something narrower."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.causes import explaining
from services.alerts.causes import queries as gaps_to_explain
from services.alerts.causes.explaining import Heard
from services.alerts.causes.queries import Unexplained
from services.alerts.group import widening
from services.alerts.group.queries import OpenIncident
from services.alerts.group.widening import finding_of
from services.alerts.history.queries import Event
from shared.domain import causes
from shared.domain.causes import Finding
from shared.domain.states import WHOLE_FACILITY


async def recognise(
    connection: AsyncConnection,
    opens: Sequence[OpenIncident],
    loose: Sequence[Unexplained],
    found: Mapping[int, Finding],
    heard: Heard,
) -> tuple[list[OpenIncident], dict[int, Finding], list[Event]]:
    """The incidents that turn out to be a piece of more are that; what the new gaps are, too."""
    beside = _beside(opens, loose)
    lasting = await gaps_to_explain.lasting_gaps(connection, list(beside)) if beside else []
    silences = [gap for gap in loose if causes.is_silence(found[gap.id])]
    narrow = {gap.facility_id for gap in silences if found[gap.id].cause not in WHOLE_FACILITY}
    narrow |= {i.facility_id or 0 for i in beside.values() if i.cause not in WHOLE_FACILITY}
    pieces = _pieces([g for g in (*silences, *lasting) if g.facility_id in narrow], heard)
    fresh = await _known_better(connection, loose, found, pieces, heard)
    news = {gap.id: gap for gap in silences if gap.id in pieces}
    why = {(gap.facility_id, pieces[number]): fresh[number] for number, gap in news.items()}
    wholes = {
        number: _whole(beside[number], own, pieces, news)
        for number, own in _by_incident(lasting).items()
    }
    wider = {
        number: why[beside[number].facility_id or 0, whole]
        for number, whole in wholes.items()
        if whole is not None
    }
    opens, events = await widening.become(connection, opens, wider)
    return opens, fresh, events


def _beside(opens: Iterable[OpenIncident], loose: Sequence[Unexplained]) -> dict[int, OpenIncident]:
    """The steady incidents of those facilities that may be a piece of more, or have pieces."""
    where = {gap.facility_id for gap in loose}
    return {
        i.id: i
        for i in opens
        if i.facility_id in where and i.lasting_since is not None and i.unstable_since is None
        if causes.is_silence(finding_of(i))
    }


def _pieces(gaps: Iterable[Unexplained], heard: Heard) -> dict[int, Finding]:
    by_facility: dict[int, list[Unexplained]] = defaultdict(list)
    for gap in gaps:
        by_facility[gap.facility_id].append(gap)
    return {
        number: finding
        for own in by_facility.values()
        if len(own) > 1
        for number, finding in causes.pieces(
            {gap.id: heard.lapse(gap) for gap in own}, heard.around(own[0])
        ).items()
    }


async def _known_better(
    connection: AsyncConnection,
    loose: Sequence[Unexplained],
    found: Mapping[int, Finding],
    pieces: Mapping[int, Finding],
    heard: Heard,
) -> dict[int, Finding]:
    """By new gap: what it is put down to, now that it is known what fell silent with it."""
    better = {
        gap.id: pieces[gap.id]
        for gap in loose
        if gap.id in pieces and causes.is_wider(found[gap.id], pieces[gap.id])
    }
    better = {**found, **better}
    whole = [gap for gap in loose if better[gap.id].cause in WHOLE_FACILITY]
    if all(better[gap.id] == found[gap.id] for gap in whole):
        return better
    return better | await explaining.facilities(connection, whole, until=heard.until)


def _by_incident(lasting: Iterable[Unexplained]) -> dict[int, list[Unexplained]]:
    own: dict[int, list[Unexplained]] = defaultdict(list)
    for gap in lasting:
        if gap.incident_id is not None:
            own[gap.incident_id].append(gap)
    return own


def _whole(
    incident: OpenIncident,
    own: Sequence[Unexplained],
    pieces: Mapping[int, Finding],
    news: Mapping[int, Unexplained],
) -> Finding | None:
    """That of which all that lasts of an incident is a piece, and something new is another."""
    whole = pieces.get(own[0].id)
    if whole is None or any(pieces.get(gap.id) != whole for gap in own):
        return None
    falls = [
        gap.start_at
        for number, gap in news.items()
        if gap.facility_id == incident.facility_id and pieces[number] == whole
    ]
    is_part = (
        falls
        and causes.is_wider(finding_of(incident), whole)
        and causes.takes_up(
            acknowledged_at=incident.acknowledged_at,
            snoozed_until=incident.snoozed_until,
            fell_at=max(falls),
        )
    )
    return whole if is_part else None
