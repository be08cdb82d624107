"""`/holidays`: the public holidays of a year; decisions about days to come."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.api.access.caller import CallerGiven
from services.api.access.transactions import changing, reading
from services.api.calendars.holidays import queries
from services.api.calendars.holidays.schemas import DecisionIn, DecisionOut, YearOut
from services.api.calendars.holidays.year import holidays_of
from services.api.openapi import problems
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.runtime import logging, public_holidays

log = logging.get(__name__)
router = APIRouter(prefix="/holidays", tags=["calendars"])
Year = Annotated[int | None, Query(ge=2000, le=2099, description="Default: this one")]
DecisionId = Annotated[int, Path(alias="decision", ge=1, le=2**62)]


@router.get("", operation_id="list_holidays", responses=problems(401, 422))
async def of_year(caller: CallerGiven, resources: Given, year: Year = None) -> YearOut:
    """The public holidays of a year, lunar ones too; what was decided stands in the law's place."""
    wanted = year or local_day(resources.now(), COUNTRY_TIME_ZONE).year
    async with reading(resources, caller) as connection:
        decided = await queries.between(connection, date(wanted, 1, 1), date(wanted, 12, 31))
    return YearOut(year=wanted, holidays=holidays_of(public_holidays.of_year(wanted), decided))


@router.post(
    "", status_code=201, operation_id="record_holiday", responses=problems(401, 403, 409, 422)
)
async def record(
    given: DecisionIn, caller: CallerGiven, resources: Given, response: Response
) -> DecisionOut:
    """Record a decision of the government about a day that has not begun."""
    now = resources.now()
    deed = Deed(Verb.CREATE, Subject.CALENDAR, given.day.isoformat(), detail={"kind": given.kind})
    async with changing(resources, caller, deed) as connection:
        caller.must_be_able_to_somewhere(Action.MANAGE_LADDERS)
        if not is_to_come(given.day, now):
            raise InvalidError(
                "body.day",
                "That day has begun: what was required on it stays as it was.",
                "Send a day from tomorrow on.",
            )
        recorded = await queries.record(connection, given, by=caller.user_id, now=now)
        if recorded is None:
            raise ConflictError(
                f"There is a decision about {given.day} already. Withdraw it first.",
                code="holiday_decided",
            )
    log.info("holiday_recorded", day=given.day.isoformat(), kind=given.kind)
    response.headers["Location"] = f"/api/v1/holidays/{recorded}"
    return DecisionOut(**given.model_dump(), id=recorded, recorded_at=now)


@router.delete(
    "/{decision}",
    status_code=204,
    operation_id="withdraw_holiday",
    response_class=Response,
    responses=problems(401, 403, 404, 409),
)
async def withdraw(decision: DecisionId, caller: CallerGiven, resources: Given) -> None:
    """Take a decision back before its day begins: then the law has the word again."""
    now = resources.now()
    deed = Deed(Verb.REMOVE, Subject.CALENDAR, f"holiday/{decision}")
    async with changing(resources, caller, deed) as connection:
        caller.must_be_able_to_somewhere(Action.MANAGE_LADDERS)
        there = await queries.one(connection, decision)
        if there is None:
            raise MissingError("decision")
        if not is_to_come(there.day, now):
            raise ConflictError("That day has begun.", code="day_begun")
        await queries.withdraw(connection, decision, by=caller.user_id, now=now)
    log.info("holiday_withdrawn", day=there.day.isoformat())


def is_to_come(day: date, now: datetime) -> bool:
    """Nowhere has it begun: the clocks of facilities may be ahead of the country's."""
    return day > local_day(now, "Pacific/Kiritimati")
