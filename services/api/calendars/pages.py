"""Calendars and public holidays in the console: to look at, to add, to retire."""

from datetime import date
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.transactions import reading
from services.api.calendars import forms, queries, routes, words
from services.api.calendars.holidays import queries as decisions
from services.api.calendars.holidays import routes as holiday_routes
from services.api.calendars.holidays.routes import DecisionId, Year, is_to_come
from services.api.calendars.holidays.schemas import DecisionIn
from services.api.calendars.holidays.year import holidays_of
from services.api.calendars.routes import CalendarId
from services.api.calendars.schemas import CalendarIn
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.problems import ConflictError, InvalidError
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.i18n import marked
from shared.runtime import public_holidays

router = APIRouter()
MOST: Final = 200
_WEEK: Final = marked("Give a name, at least one day, and a time from and to for it.")
_DECISION: Final = marked("Give a day from tomorrow on, its name, and the decision.")
_DECIDED: Final = marked("There is a decision about that day already. Withdraw it first.")
_BEGUN: Final = marked("That day has begun: what was required on it stays as it was.")


@router.get("/calendars")
async def calendars(
    request: Request, viewer: Viewer, resources: Given, year: Year = None
) -> Response:
    return await _drawn(request, viewer, resources, {}, {}, year)


@router.post("/calendars")
async def add(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    try:
        given = CalendarIn.model_validate(forms.calendar_fields(typed))
        await routes.add(given, viewer, resources, Response())
    except ValidationError:
        return await _drawn(request, viewer, resources, typed, {"calendar": _WEEK})
    return RedirectResponse("/calendars", HTTPStatus.SEE_OTHER)


@router.post("/calendars/{calendar}/retire")
async def retire(calendar: CalendarId, viewer: Viewer, resources: Given) -> Response:
    await routes.retire(calendar, viewer, resources)
    return RedirectResponse("/calendars", HTTPStatus.SEE_OTHER)


@router.post("/holidays")
async def decide(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    try:
        given = DecisionIn.model_validate(typed)
        await holiday_routes.record(given, viewer, resources, Response())
    except (ValidationError, InvalidError):
        return await _drawn(request, viewer, resources, typed, {"holiday": _DECISION})
    except ConflictError:
        return await _drawn(request, viewer, resources, typed, {"holiday": _DECIDED})
    return RedirectResponse(f"/calendars?year={given.day.year}#holidays", HTTPStatus.SEE_OTHER)


@router.post("/holidays/{decision}/withdraw")
async def withdraw(
    request: Request, decision: DecisionId, viewer: Viewer, resources: Given
) -> Response:
    try:
        await holiday_routes.withdraw(decision, viewer, resources)
    except ConflictError:
        return await _drawn(request, viewer, resources, {}, {"holiday": _BEGUN})
    return RedirectResponse("/calendars#holidays", HTTPStatus.SEE_OTHER)


async def _drawn(
    request: Request,
    viewer: Viewer,
    resources: Given,
    given: dict[str, str],
    faults: dict[str, str],
    year: int | None = None,
) -> Response:
    now = resources.now()
    shown = year or local_day(now, COUNTRY_TIME_ZONE).year
    scope = viewer.must_be_able_to_somewhere(Action.WATCH)
    async with reading(resources, viewer) as connection:
        rows = await queries.listed(connection, scope, before=None, limit=MOST, now=now)
        decided = await decisions.between(connection, date(shown, 1, 1), date(shown, 12, 31))
    own = frame(request, viewer, now=now)
    t = own.translator
    return page(
        own,
        "calendars.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        rows=rows,
        week_of=lambda one: words.week_of(one, t),
        days=words.DAYS,
        on_holidays=words.ON_HOLIDAYS,
        form_rows=forms.ROWS,
        year=shown,
        years=(shown - 1, shown + 1),
        holidays=holidays_of(public_holidays.of_year(shown), decided),
        is_to_come=lambda day: is_to_come(day, now),
        may_decide=not viewer.scope(Action.MANAGE_LADDERS).is_nowhere,
        may_add=not viewer.scope(Action.MANAGE_DEVICES).is_nowhere,
        given=given,
        faults={name: t.gettext(text) for name, text in faults.items()},
    )
