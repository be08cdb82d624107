"""`/`: who is not being watched right now, and everybody's last day."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.console import strip
from services.api.console.frames import HOME_ZONE, frame
from services.api.console.render import near, page
from services.api.console.viewer import Viewer
from services.api.licences.expiry import queries as expiry
from services.api.overview import picture, queries, shown
from services.api.overview.facts import Facility, Overview
from services.api.overview.queries import Place
from services.api.resources import Given
from services.api.units import notices
from services.api.units.asked import as_of_day
from services.api.units.queries import Row as UnitRow
from shared.domain.access import Action
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.i18n import Translator, marked

router = APIRouter()
LEVELS = {
    "province": marked("%(name)s province"),
    "commune": marked("%(name)s"),
}


@router.get("/")
async def overview(request: Request, viewer: Viewer, resources: Given) -> Response:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        record = await queries.record(connection, viewer.scope(Action.WATCH), now=now)
        place = await _place(connection, viewer)
        decides = viewer.scope(Action.LICENSE_FACILITY)
        today = local_day(now, COUNTRY_TIME_ZONE)
        licences_end, licences_ended = await expiry.counts(connection, decides, today=today)
        missing = await _missing(connection, viewer, now)
    view = picture.overview(record, now=now)
    zone = record.facilities[0].time_zone if record.facilities else HOME_ZONE
    own = frame(request, viewer, now=now, time_zone=zone)
    voice = shown.Voice(own.translator, near(own.translator, zone, now))
    window = (view.start_at, view.end_at)
    return page(
        own,
        "overview.html",
        place=_named(place, view, own.translator),
        view=view,
        lengths=shown.lengths_of(view.figures),
        licences_end=licences_end,
        licences_ended=licences_ended,
        vacant=shown.listed([one.name for one in missing], own.translator),
        vacancies=len(missing),
        local_day=now.astimezone(ZoneInfo(zone)).date(),
        unwatched=shown.entries(view, voice, may_take=lambda home: _may_take(viewer, home)),
        rows=shown.rows(view, voice),
        ticks=strip.tick_marks(window, zone, mark_id=shown.TICKS),
        scale=strip.scale(window, zone),
    )


async def _missing(connection: AsyncConnection, viewer: Caller, now: datetime) -> Sequence[UnitRow]:
    """Communes without an officer, for the department whose it is to see to them."""
    if not notices.is_told_on_the_overview(viewer):
        return ()
    return await notices.vacant(connection, viewer, as_of_day(None, now))


def _may_take(viewer: Caller, facility: Facility) -> bool:
    return viewer.scope(Action.ACKNOWLEDGE).covers(
        facility_id=facility.id, admin_unit_id=facility.admin_unit_id
    )


async def _place(connection: AsyncConnection, viewer: Caller) -> Place | None:
    held = [one.assignment for one in viewer.held]
    units = [one.admin_unit_id for one in held if one.admin_unit_id is not None]
    if not units and not viewer.scope(Action.WATCH).is_everywhere:
        return None
    return await queries.place_of(connection, units)


def _named(place: Place | None, view: Overview, t: Translator) -> str:
    """The name of what one is responsible for."""
    if place is not None:
        return t.gettext(LEVELS[place.level], name=place.name)
    if len(view.outlooks) == 1:
        return view.outlooks[0].facility.name
    return t.gettext("Overview")
