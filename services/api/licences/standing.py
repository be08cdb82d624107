"""The three facts of a day: registered, licensed, and whether it meets the conditions."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.licences import queries
from services.api.licences.checks import queries as checks
from services.api.licences.schemas import CheckOut, FactOut, StandingOut
from shared.domain.facility_status import (
    Fact,
    FactKind,
    LicenceState,
    Standing,
    possible,
    standing_on,
    timeline,
)
from shared.domain.licence_expiry import Urgency, urgency

_PAPERS = frozenset({FactKind.REGISTRATION, FactKind.ESTABLISHMENT})


async def standing(connection: AsyncConnection, facility_id: int, *, on: date) -> StandingOut:
    return told(
        await queries.facts(connection, facility_id),
        await checks.of_facility(connection, facility_id),
        on=on,
    )


def told(facts: Sequence[FactOut], made: Sequence[CheckOut], *, on: date) -> StandingOut:
    """Both newest first."""
    valid = [one for one in facts if one.withdrawn_at is None]
    spans = timeline(_replayable(one) for one in valid)
    known = standing_on(spans, on)
    past = [one for one in valid if one.effective_on <= on]
    check = next((c for c in made if c.withdrawn_at is None and c.checked_on <= on), None)
    return StandingOut(
        on=on,
        status=known.status,
        is_registered=known.is_registered,
        registration=next((one for one in past if one.kind in _PAPERS), None),
        licence_state=known.licence,
        licence=next((one for one in past if one.kind is FactKind.LICENCE_ISSUED), None),
        licence_last_day=_last_day(known),
        urgency=_urgency(known, on),
        conditions=check.outcome if check else None,
        check=check,
        possible=list(possible(known)),
    )


def _replayable(fact: FactOut) -> Fact:
    ends = date.fromordinal(fact.last_day.toordinal() + 1) if fact.last_day else None
    return Fact(fact.kind, fact.effective_on, fact.id, ends)


def _last_day(known: Standing) -> date | None:
    if known.licence_to is None:
        return None
    return date.fromordinal(known.licence_to.toordinal() - 1)


def _urgency(known: Standing, on: date) -> Urgency | None:
    has_end = known.licence in {LicenceState.VALID, LicenceState.EXPIRED}
    if not has_end or known.is_dissolved or known.licence_to is None:
        return None
    return urgency(known.licence_to, today=on)
