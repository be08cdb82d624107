"""`/duty`: who is on duty tonight, the week of a place, and forms to arrange it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.approvals.places.queries import Choice, choices
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.duty import arranging, routes, week, words
from services.api.duty.queries import Which
from services.api.duty.routes import ShiftId
from services.api.duty.schemas import AssigneeOut, SeriesIn, ShiftIn, ShiftOut
from services.api.people.words import ROLES
from services.api.problems import ForbiddenError, MissingError, RequestError
from services.api.resources import Given, Resources
from shared.domain.access import Action
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day

router = APIRouter()
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Which place and week, what was typed into a form, and why it was refused."""

    place: str = ""
    day: str = ""
    about: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def codes(self) -> tuple[str | None, str | None]:
        """Of the facility, of the unit."""
        kind, _, code = self.place.partition(":")
        return (code, None) if kind == "facility" else (None, code or None)

    @property
    def status(self) -> int:
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.fault else HTTPStatus.OK


@router.get("/duty")
async def duty(
    request: Request,
    viewer: Viewer,
    resources: Given,
    place: Annotated[str, Query(max_length=220)] = "",
    day: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """`day`: any of the week to show; without a place the first one that is the viewer's."""
    return await _page(request, viewer, resources, Asked(place, day))


async def _page(request: Request, viewer: Caller, resources: Resources, asked: Asked) -> Response:
    now = resources.now()
    viewer.must_be_able_to_somewhere(Action.WATCH)
    async with reading(resources, viewer) as connection:
        places = await choices(connection, viewer.scope(Action.WATCH))
    asked = _placed(asked, places)
    shown = week.wanted(asked.day, local_day(now, COUNTRY_TIME_ZONE))
    shifts = await _shifts(resources, viewer, asked, shown, now)
    people = await _people(resources, viewer, asked)
    own = frame(request, viewer, now=now)
    local = now.astimezone(ZoneInfo(COUNTRY_TIME_ZONE))
    return page(
        own,
        "duty.html",
        status=asked.status,
        places=places,
        asked=asked,
        week=shown,
        rows=week.rows([s for s in shifts if s.ends_at > shown.begin], shown, now),
        now_on_duty=week.on_duty(shifts, now),
        people=people,
        roles={role: own.translator.gettext(text) for role, text in ROLES.items()},
        weekdays=words.WEEKDAYS,
        link=lambda to: urlencode({"place": asked.place, "day": to.isoformat()}),
        today=local.date(),
        tonight=local.strftime("%Y-%m-%dT17:00"),
        tomorrow=(local + timedelta(days=1)).strftime("%Y-%m-%dT07:30"),
        in_four_weeks=(local.date() + timedelta(days=27)).isoformat(),
    )


def _placed(asked: Asked, places: Sequence[Choice]) -> Asked:
    """What is not the viewer's is not there."""
    known = [one.value for one in places]
    if asked.place and asked.place not in known:
        raise MissingError("place")
    chosen = asked.place or (known[0] if known else "")
    return Asked(chosen, asked.day, asked.about, asked.typed, asked.fault)


async def _shifts(
    resources: Resources, viewer: Caller, asked: Asked, shown: week.Week, now: datetime
) -> list[ShiftOut]:
    """Those of the week shown, and those of now."""
    if not asked.place:
        return []
    facility_id, unit_id = await routes.numbers(resources, viewer, *asked.codes)
    since, until = min(shown.begin, now), max(shown.end, now + timedelta(seconds=1))
    which = Which(since, until, facility_id, unit_id)
    return await arranging.page(resources, viewer, which, before=None, limit=_MOST)


async def _people(resources: Resources, viewer: Caller, asked: Asked) -> list[AssigneeOut]:
    """Nobody to choose from for whoever only looks."""
    if not asked.place or viewer.scope(Action.MANAGE_DUTY).is_nowhere:
        return []
    try:
        return await arranging.assignees(resources, viewer, *asked.codes)
    except (ForbiddenError, MissingError):
        return []


@router.post("/duty/shifts")
async def add_shift(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    try:
        times = {name: _instant(typed.get(name, "")) for name in ("starts_at", "ends_at")}
        given = ShiftIn.model_validate({**_who(typed), **times})
        await arranging.add_shift(resources, viewer, given)
    except (ValidationError, RequestError) as refusal:
        return await _again(request, viewer, resources, "shift", (typed, refusal))
    return _back(typed, str(typed.get("starts_at", ""))[:10])


@router.post("/duty/series")
async def add_series(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    try:
        names = ("first_on", "last_on", "begins", "ends")
        kept = {name: typed[name] for name in names if name in typed}
        days = {number for number in range(7) if f"weekday_{number}" in typed}
        given = SeriesIn.model_validate({**_who(typed), **kept, "weekdays": days})
        await arranging.add_series(resources, viewer, given)
    except (ValidationError, RequestError) as refusal:
        return await _again(request, viewer, resources, "series", (typed, refusal))
    return _back(typed, typed.get("first_on", ""))


@router.post("/duty/shifts/{shift}/cancel")
async def cancel(
    request: Request, shift_id: ShiftId, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    try:
        await arranging.cancel(resources, viewer, shift_id)
    except RequestError as refusal:
        return await _again(request, viewer, resources, "cancel", (typed, refusal))
    return _back(typed, typed.get("day", ""))


async def _again(
    request: Request,
    viewer: Caller,
    resources: Resources,
    about: str,
    what: tuple[Mapping[str, str], ValidationError | RequestError],
) -> Response:
    typed, refusal = what
    fault = words.told(refusal, frame(request, viewer).translator)
    asked = Asked(typed.get("place", ""), typed.get("day", ""), about, typed, fault)
    return await _page(request, viewer, resources, asked)


def _back(typed: Mapping[str, str], day: str) -> Response:
    where = urlencode({"place": typed.get("place", ""), "day": day})
    return RedirectResponse(f"/duty?{where}", HTTPStatus.SEE_OTHER)


def _who(typed: Mapping[str, str]) -> dict[str, object]:
    """`who` names a role and a person."""
    facility, unit = Asked(typed.get("place", "")).codes
    role, _, person = typed.get("who", "").partition(":")
    return {
        "facility": facility,
        "unit": unit,
        "role": role,
        "person": person,
        "is_deputy": "is_deputy" in typed,
    }


def _instant(text: str) -> datetime | str:
    """What is no time is left to the check."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(COUNTRY_TIME_ZONE))
    except ValueError:
        return text
