"""The pages of rounds: where a label leads, and a night of a facility with its places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from typing import Final

from fastapi import Request
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.find import watched_facility
from services.api.access.queries import Facility
from services.api.access.transactions import reading, still_disclosing
from services.api.console.frames import OFTEN, frame
from services.api.console.render import page
from services.api.problems import MissingError
from services.api.resources import Resources
from services.api.rounds import night, queries, shown
from services.api.rounds.checking_in import Stand
from services.api.rounds.night import Facts
from services.api.rounds.routes import facts_of
from services.api.rounds.schemas import MOST_NOTED, RoundsOut
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.rounds import night_at
from shared.i18n import Translator, marked

_HEAD: Final = (
    marked("Night"), marked("Time"), marked("Zone"), marked("Round point"), marked("Who"),
    marked("Note"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A night to look at, or a place to add that was refused."""

    night: date | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """What stands on a label for people to read."""

    facility: str
    zone: str
    point: str


@dataclass(frozen=True, slots=True)
class _Content:
    """What the database says."""

    facility: Facility
    name: str
    facts: Facts
    told: RoundsOut


async def check_in_form(
    request: Request, viewer: Caller, resources: Resources, stand: Stand, code: str
) -> Response:
    """Where somebody stands, and one button; or that somebody has just been there."""
    now, facility = resources.now(), stand.home.facility
    async with reading(resources, viewer) as connection:
        facts = await facts_of(connection, facility, night_at(now, facility.time_zone))
    told = {one.zone: one for one in night.told(facts, now=now).zones}
    here = told.get(stand.point.zone_code)
    recent = stand.recent
    return page(
        frame(request, viewer, now=now, time_zone=facility.time_zone),
        "round_check_in.html",
        home=stand.home,
        point=stand.point,
        code=code,
        recent=recent,
        is_own=recent is not None and recent.user_id == viewer.user_id,
        due_at=here.due_at if here else None,
        most_noted=MOST_NOTED,
    )


async def sheet(
    request: Request, viewer: Caller, resources: Resources, code: str, asked: Asked
) -> Response:
    now = resources.now()
    content = await _content(resources, viewer, code, asked, now)
    zone = content.facility.time_zone
    own = frame(request, viewer, now=now, time_zone=zone, refresh=OFTEN)
    return page(
        own,
        "rounds.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.fault else HTTPStatus.OK,
        facility_code=code,
        facility_name=content.name,
        picture=shown.picture(content.facts, content.told, zone, now=now),
        points=content.facts.points,
        rooms=[room for room in content.facts.rooms if not room.is_retired],
        given=asked.given,
        fault=asked.fault,
        may_manage=viewer.may(Action.MANAGE_DEVICES, content.facility),
        may_check_in=viewer.may(Action.CHECK_IN, content.facility),
    )


async def table(
    request: Request, viewer: Caller, resources: Resources, code: str, asked: Asked
) -> tuple[str, Sequence[str], Sequence[Sequence[object]]]:
    """Name, head and rows of a night as a table: who came by, in the order of time."""
    now = resources.now()
    content = await _content(resources, viewer, code, asked, now)
    zone, facts = content.facility.time_zone, content.facts
    t = frame(request, viewer, now=now, time_zone=zone).translator
    picture = shown.picture(facts, content.told, zone, now=now)
    rows = [*_came(picture, facts.night, t, zone), *_missed(picture, facts.night, t, zone)]
    rows.sort(key=lambda row: row[0])
    name = f"rounds-{content.facility.code}-{facts.night}.csv"
    return name, [t.gettext(one) for one in _HEAD], [row[1] for row in rows]


_Dated = tuple[datetime, Sequence[object]]


def _came(picture: shown.Picture, on: date, t: Translator, zone: str) -> list[_Dated]:
    return [
        (one.at, (on, t.instant(one.at, zone), one.zone, one.point, one.who, one.note))
        for one in picture.came
    ]


def _missed(picture: shown.Picture, on: date, t: Translator, zone: str) -> list[_Dated]:
    """A line of its own for each, where somebody should have come by."""
    return [
        (
            one.due_at,
            (on, t.instant(one.due_at, zone), one.name, "", "", t.gettext("Nobody came by")),
        )
        for one in picture.missed
    ]


async def _content(
    resources: Resources, viewer: Caller, code: str, asked: Asked, now: datetime
) -> _Content:
    deed = Deed(Verb.READ, Subject.ROUND, code, code)
    async with still_disclosing(resources, viewer, deed) as connection:
        facility = await watched_facility(connection, code, viewer)
        which = asked.night or night_at(now, facility.time_zone)
        facts = await facts_of(connection, facility, which)
        return _Content(
            facility,
            await queries.name_of_facility(connection, facility.id),
            facts,
            night.told(facts, now=now),
        )


async def names_of(resources: Resources, viewer: Caller, place: tuple[str, str]) -> Names:
    async with reading(resources, viewer) as connection:
        facility = await watched_facility(connection, place[0], viewer)
        point = await queries.point(connection, facility.id, place[1])
        name = await queries.name_of_facility(connection, facility.id)
    if point is None:
        raise MissingError("round point")
    return Names(name, point.zone_name, point.name)
