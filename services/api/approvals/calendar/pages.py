"""`/approvals/calendar`: maintenance and mutes by day, and what holds now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.api.access.transactions import disclosing
from services.api.approvals import words
from services.api.approvals.asking import visible_to
from services.api.approvals.calendar import month as months
from services.api.approvals.calendar import queries
from services.api.approvals.calendar.month import Entry, Month, Mood
from services.api.approvals.queries import Request as Asked
from services.api.approvals.shown import what_of
from services.api.console.frames import frame
from services.api.console.render import Frame, near, page
from services.api.console.viewer import Viewer
from services.api.resources import Given
from shared.domain import exemptions
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.schedule import local_day
from shared.i18n import Translator, marked

router = APIRouter()

WEEKDAYS = (
    marked("Mon"), marked("Tue"), marked("Wed"), marked("Thu"), marked("Fri"), marked("Sat"),
    marked("Sun"),
)  # fmt: skip
MOODS: Mapping[Mood, str] = {
    Mood.NOW: marked("in force"),
    Mood.PLANNED: marked("approved"),
    Mood.ASKED: marked("waiting for a decision"),
    Mood.OVER: marked("over"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in a reader's words."""

    time: str
    place: str
    what: str
    kind: str
    mood: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Now:
    """What holds at this moment."""

    line: Line
    until: datetime


@router.get("/approvals/calendar")
async def calendar(
    request: Request,
    viewer: Viewer,
    resources: Given,
    month: Annotated[str | None, Query(max_length=7)] = None,
    facility: Annotated[str | None, Query(max_length=63)] = None,
) -> Response:
    """`month` as `2026-11`; `facility` shows that one only, with what holds for its units."""
    own = frame(request, viewer)
    today = local_day(own.now, own.time_zone)
    chosen = months.month_of(month, today=today)
    span = chosen.span(own.time_zone)
    wide = (min(span[0], own.now), max(span[1], own.now + exemptions.INSTANT))
    deed = Deed(Verb.LIST, Subject.EXCEPTION, "calendar")
    async with disclosing(resources, viewer, deed) as connection:
        found = await queries.within(connection, visible_to(viewer), wide, place=facility)
    return page(
        own,
        "approvals_calendar.html",
        weekdays=WEEKDAYS,
        month=chosen,
        title=f"{chosen.first:%m/%Y}",
        days=_days(found, chosen, own),
        in_force=_in_force(found, own),
        today_on=today,
        facility=facility,
        place=_place(found, facility),
    )


def _days(found: Sequence[Asked], chosen: Month, own: Frame) -> Mapping[date, Sequence[Line]]:
    entries = months.by_day(found, chosen, own.time_zone, now=own.now)
    return {day: [_line(one, own) for one in of_day] for day, of_day in entries.items()}


def _in_force(found: Sequence[Asked], own: Frame) -> Sequence[Now]:
    told = near(own.translator, own.time_zone, own.now)
    held = [(one, exemptions.holds_until(one.approval, own.now)) for one in found]
    return [
        Now(_worded(one, f"→ {told(until)}", Mood.NOW, own.translator), until)
        for one, until in held
        if until is not None
    ]


def _line(entry: Entry, own: Frame) -> Line:
    t = own.translator
    return _worded(entry.request, _time(entry, own.time_zone, t), entry.mood, t)


def _time(entry: Entry, zone: str, t: Translator) -> str:
    """`22:00–02:00`; what began before or goes on has an arrow there."""
    start, end = (at.astimezone(ZoneInfo(zone)) for at in entry.span)
    if entry.from_before and entry.goes_on:
        return t.gettext("all day")
    first = "→" if entry.from_before else f"{start:%H:%M}"
    last = "→" if entry.goes_on else f"{end:%H:%M}"
    return f"{first}–{last}" if "→" not in {first, last} else f"{first} {last}"


def _worded(one: Asked, time: str, mood: Mood, t: Translator) -> Line:
    return Line(
        time=time,
        place=one.place.facility_name or one.place.unit_name,
        what=what_of(one, t),
        kind=t.gettext(words.KINDS[one.approval.kind]),
        mood=mood,
        state=t.gettext(MOODS[mood]),
        reason=one.reason,
    )


def _place(found: Sequence[Asked], code: str | None) -> str | None:
    """Its name, where anything says it."""
    names = (one.place.facility_name for one in found if one.place.facility == code)
    return None if code is None else next(names, None) or code
