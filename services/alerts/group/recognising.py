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
from shared.domain.causes import Finding, Piece
from shared.domain.states import WHOLE_FACILITY
from shared.domain.widening import whole_of


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
    news = [gap for gap in silences if gap.id in pieces]
    why = {(gap.facility_id, pieces[gap.id].whole): fresh[gap.id] for gap in news}
    wider = {
        number: why[beside[number].facility_id or 0, whole]
        for number, whole in _wholes(beside, lasting, pieces, news).items()
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


def _pieces(gaps: Iterable[Unexplained], heard: Heard) -> dict[int, Piece]:
    by_facility: dict[int, list[Unexplained]] = defaultdict(list)
    for gap in gaps:
        by_facility[gap.facility_id].append(gap)
    return {
        number: piece
        for own in by_facility.values()
        if len(own) > 1
        for number, piece in causes.pieces(
            {gap.id: heard.lapse(gap) for gap in own}, heard.around(own[0])
        ).items()
    }


async def _known_better(
    connection: AsyncConnection,
    loose: Sequence[Unexplained],
    found: Mapping[int, Finding],
    pieces: Mapping[int, Piece],
    heard: Heard,
) -> dict[int, Finding]:
    """By new gap: what it is put down to, now that it is known what fell silent with it."""
    better = {
        gap.id: pieces[gap.id].whole
        for gap in loose
        if gap.id in pieces and causes.is_wider(found[gap.id], pieces[gap.id].whole)
    }
    better = {**found, **better}
    whole = [gap for gap in loose if better[gap.id].cause in WHOLE_FACILITY]
    if all(better[gap.id] == found[gap.id] for gap in whole):
        return better
    return better | await explaining.facilities(connection, whole, until=heard.until)


def _wholes(
    beside: Mapping[int, OpenIncident],
    lasting: Iterable[Unexplained],
    pieces: Mapping[int, Piece],
    news: Iterable[Unexplained],
) -> dict[int, Finding]:
    """By incident that is a part of something wider: of what."""
    own: dict[int, list[int]] = defaultdict(list)
    for gap in lasting:
        own[gap.incident_id or 0].append(gap.id)
    fresh: dict[int | None, list[int]] = defaultdict(list)
    for gap in news:
        fresh[gap.facility_id].append(gap.id)
    parts = [(beside[n].facility_id, widening.part_of(beside[n], gaps)) for n, gaps in own.items()]
    wholes = {part.id: whole_of(part, pieces, fresh[where]) for where, part in parts}
    return {number: whole for number, whole in wholes.items() if whole is not None}
