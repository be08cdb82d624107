"""Puts facts and checks on record, or takes them back; what follows is replayed and kept."""

from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import locked_facility
from services.api.access.queries import Facility
from services.api.access.transactions import changing
from services.api.facilities.listing import queries as listing
from services.api.facilities.schemas import Ownership
from services.api.licences import queries
from services.api.licences.checks import queries as checks
from services.api.licences.schemas import CheckIn, CheckOut, FactIn, FactOut
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.resources import Resources
from shared.domain.access import Action, Scope
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.facility_status import (
    Fact,
    FactKind,
    IllegalFactError,
    Span,
    timeline,
)
from shared.domain.schedule import local_day
from shared.runtime import logging

log = logging.get(__name__)
#: Whose facility it is decides by which paper it begins.
_PAPER_OF = {
    FactKind.REGISTRATION: Ownership.NON_PUBLIC,
    FactKind.ESTABLISHMENT: Ownership.PUBLIC,
}


async def add_fact(resources: Resources, caller: Caller, code: str, given: FactIn) -> FactOut:
    now = resources.now()
    deed = Deed(Verb.CREATE, Subject.LICENCE, code, code, {"kind": given.kind})
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, needed_for(given.kind))
        fact_id = await put(connection, facility, given, by=caller.user_id, now=now)
        fact = await _fact(connection, facility.id, fact_id)
    log.info("facility_fact_added", facility=code, kind=given.kind, fact_id=fact_id)
    return fact


def needed_for(kind: FactKind) -> Action:
    """Whoever comes across a facility may say so; the rest is the authority's."""
    is_discovery = kind is FactKind.DISCOVERED
    return Action.DISCOVER_FACILITY if is_discovery else Action.LICENSE_FACILITY


async def put(
    connection: AsyncConnection, facility: Facility, given: FactIn, *, by: int, now: datetime
) -> int:
    """The fact's number. The facility is locked, so nobody replays beside us."""
    await _paper_must_fit(connection, facility, given, now=now)
    decided_on = given.decided_on or given.effective_on
    authority_id = await _authority(connection, given.authority, decided_on)
    last_day = given.last_day
    fact = Fact(
        given.kind,
        given.effective_on,
        valid_to=last_day + timedelta(days=1) if last_day else None,
    )
    known = await queries.valid_facts(connection, facility.id)
    # It is not numbered yet, and comes after all that are.
    latest = max((one.number for one in known), default=0) + 1
    spans = _replayed(
        [*known, Fact(fact.kind, fact.effective_on, latest, fact.valid_to)], because_of=fact
    )
    fact_id = await queries.add_fact(
        connection, facility.id, given, authority_id=authority_id, by=by, now=now
    )
    await queries.keep_standing(connection, facility.id, spans)
    return fact_id


async def withdraw_fact(
    resources: Resources, caller: Caller, code: str, fact_id: int, *, because: str
) -> FactOut:
    """Take back what was entered by mistake. It stays on record with the reason."""
    deed = Deed(Verb.REMOVE, Subject.LICENCE, f"{code}/{fact_id}", code)
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.LICENSE_FACILITY)
        fact = await _fact(connection, facility.id, fact_id)
        if fact.withdrawn_at is not None:
            return fact
        left = [
            one
            for one in await queries.valid_facts(connection, facility.id)
            if one.number != fact_id
        ]
        spans = _replayed(left, because_of=None)
        await queries.withdraw_fact(
            connection, fact_id, because=because, by=caller.user_id, now=resources.now()
        )
        await queries.keep_standing(connection, facility.id, spans)
        fact = await _fact(connection, facility.id, fact_id)
    log.info("facility_fact_withdrawn", facility=code, fact_id=fact_id)
    return fact


async def add_check(resources: Resources, caller: Caller, code: str, given: CheckIn) -> CheckOut:
    now = resources.now()
    deed = Deed(Verb.CREATE, Subject.LICENCE, code, code, {"kind": "condition_check"})
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.LICENSE_FACILITY)
        if given.checked_on > local_day(now, facility.time_zone):
            raise InvalidError("body.checked_on", "This day has not come yet.", "Send a past day.")
        authority_id = await _authority(connection, given.authority, given.checked_on)
        check_id = await checks.add(
            connection, facility.id, given, authority_id=authority_id, by=caller.user_id, now=now
        )
        check = await _check(connection, facility.id, check_id)
    log.info("condition_check_added", facility=code, check_id=check_id)
    return check


async def withdraw_check(
    resources: Resources, caller: Caller, code: str, check_id: int, *, because: str
) -> CheckOut:
    deed = Deed(Verb.REMOVE, Subject.LICENCE, f"{code}/check/{check_id}", code)
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.LICENSE_FACILITY)
        await _check(connection, facility.id, check_id)
        await checks.withdraw(
            connection, check_id, because=because, by=caller.user_id, now=resources.now()
        )
        return await _check(connection, facility.id, check_id)


async def _paper_must_fit(
    connection: AsyncConnection, facility: Facility, given: FactIn, *, now: datetime
) -> None:
    ownership = _PAPER_OF.get(given.kind)
    if ownership is None:
        return
    today = local_day(now, facility.time_zone)
    here = Scope(facility_ids=(facility.id,))
    home = await listing.one(connection, facility.code, here, on=None, today=today)
    if home is not None and home.ownership is not ownership:
        raise InvalidError(
            "body.kind",
            f"A {home.ownership} facility does not begin with a {given.kind}.",
            "A public facility has a decision of establishment, a non-public one a certificate "
            "of registration. If its ownership is wrong, change that first.",
        )


async def _authority(connection: AsyncConnection, code: str | None, on: date) -> int | None:
    if code is None:
        return None
    found = await queries.authority_on(connection, code, on)
    if found is None:
        raise InvalidError(
            "body.authority",
            f"On {on} there was no authority {code}.",
            "Send the one of that day: papers of the past bear the names of the past.",
        )
    return found


def _replayed(facts: list[Fact], *, because_of: Fact | None) -> list[Span]:
    """Raises, in words, why these facts cannot all have been."""
    try:
        return timeline(facts)
    except IllegalFactError as refusal:
        raise ConflictError(_why_not(refusal, because_of), code="impossible_fact") from refusal


def _why_not(refusal: IllegalFactError, because_of: Fact | None) -> str:
    fact = refusal.fact
    possible = ", ".join(refusal.possible) or "nothing"
    own = because_of is not None and (fact.kind, fact.effective_on) == (
        because_of.kind,
        because_of.effective_on,
    )
    if own:
        return (
            f"On {fact.effective_on} the facility is {refusal.status}, and {fact.kind} cannot "
            f"follow. Possible then: {possible}. Enter first what came before it."
        )
    return (
        f"It would contradict what is on record: {fact.kind} of {fact.effective_on} cannot follow "
        f"while the facility is {refusal.status}. Withdraw or correct that first."
    )


async def _fact(connection: AsyncConnection, facility_id: int, fact_id: int) -> FactOut:
    found = await queries.fact(connection, facility_id, fact_id)
    if found is None:
        raise MissingError("fact")
    return found


async def _check(connection: AsyncConnection, facility_id: int, check_id: int) -> CheckOut:
    for check in await checks.of_facility(connection, facility_id):
        if check.id == check_id:
            return check
    raise MissingError("check")
