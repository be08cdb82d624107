"""Puts gaps down to their causes, from what is on record about everything around them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.causes import queries
from services.alerts.causes.queries import Unexplained
from services.alerts.evidence import queries as evidence
from shared.domain import causes
from shared.domain.causes import Finding
from shared.domain.incidents import TOGETHER, Lapse, Moments, Witness
from shared.domain.states import WHOLE_FACILITY, Cause

#: Evidence from so long before a gap tells which devices fell silent with it.
_BEFORE: Final = TOGETHER + timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Heard:
    """By facility, all that speaks there; and when we ourselves could not hear."""

    witnesses: Mapping[int, Sequence[Witness]]
    until: datetime
    blind: Moments = ()

    def lapse(self, gap: Unexplained) -> Lapse:
        return gap.lapse(self.until, blind=self.blind)

    def around(self, gap: Unexplained) -> Sequence[Witness]:
        return self.witnesses.get(gap.facility_id, ())


async def hear(
    connection: AsyncConnection, gaps: Sequence[Unexplained], *, until: datetime
) -> Heard:
    """What is on record of the facilities of these gaps, from well before they began.

    What fell silent while we were blind was heard for the last time before that.
    """
    if not gaps:
        return Heard({}, until)
    since = min(gap.start_at for gap in gaps) - _BEFORE
    blind = await evidence.blind_spans(connection, since=since, until=until)
    starts: dict[int, datetime] = {}
    for gap in gaps:
        begin = _before(gap.start_at, blind)
        starts[gap.facility_id] = min(starts.get(gap.facility_id, begin), begin)
    heard = await evidence.witnesses(connection, starts, until=until)
    return Heard(heard, until, blind)


def _before(start_at: datetime, blind: Moments) -> datetime:
    since = start_at - _BEFORE
    blinded = [begin for begin, end in blind if begin < start_at and end > since]
    return min([since, *(begin - _BEFORE for begin in blinded)])


async def findings(
    connection: AsyncConnection,
    gaps: Sequence[Unexplained],
    *,
    until: datetime,
    heard: Heard | None = None,
) -> dict[int, Finding]:
    """By gap. Whatever of a facility fell silent as a whole did so for one reason."""
    heard = heard or await hear(connection, gaps, until=until)
    found = {gap.id: causes.cause_of(heard.lapse(gap), heard.around(gap)) for gap in gaps}
    whole = [gap for gap in gaps if found[gap.id].cause in WHOLE_FACILITY]
    found |= await facilities(connection, whole, until=until)
    return found | await _pictures(connection, gaps, found, until=until)


async def facilities(
    connection: AsyncConnection, whole: Sequence[Unexplained], *, until: datetime
) -> dict[int, Finding]:
    """By gap of a facility that is silent as a whole: whether its line or its mains failed."""
    if not whole:
        return {}
    told = await queries.hints_of(connection, {gap.facility_id for gap in whole})
    whys: dict[int, list[Finding]] = {}
    for gap in whole:
        why = causes.facility_cause(gap.lapse(until), told.get(gap.facility_id, ()))
        whys.setdefault(gap.facility_id, []).append(Finding(why))
    return {gap.id: causes.widest(whys[gap.facility_id]) for gap in whole}


async def _pictures(
    connection: AsyncConnection,
    gaps: Sequence[Unexplained],
    found: Mapping[int, Finding],
    *,
    until: datetime,
) -> dict[int, Finding]:
    poor = [gap for gap in gaps if found[gap.id].cause is Cause.PICTURE]
    if not poor:
        return {}
    starts: dict[int, datetime] = {}
    for gap in poor:
        starts[gap.zone_id] = min(starts.get(gap.zone_id, gap.start_at), gap.start_at)
    faults = await queries.faults_of(connection, starts, until=until)
    return {
        gap.id: replace(
            found[gap.id],
            fault=causes.fault_of(faults.get(gap.zone_id, {}), gap.start_at, gap.end_at or until),
        )
        for gap in poor
    }
