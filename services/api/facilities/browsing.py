"""Facilities as a list and as a plan, each beside how it stands with its watch right now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.console import words
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.facilities import filtering, shapes
from services.api.facilities.asked import Wanted
from services.api.facilities.listing import queries as listing
from services.api.facilities.listing.queries import Listed
from services.api.facilities.plan import Spot, plan
from services.api.licences import words as law
from services.api.licences.expiry import queries as expiry
from services.api.overview import picture
from services.api.overview import queries as overview
from services.api.overview.facts import Outlook
from services.api.overview.shown import excused_of, share_of
from services.api.paging import decoded_pair, encoded
from services.api.resources import Resources
from shared.domain.access import Action, Scope
from shared.domain.facility_status import LicenceState
from shared.domain.licence_expiry import urgency
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.i18n import Translator

ON_A_PAGE: Final = 50
ON_A_PLAN: Final = 2_000
#: Whose outlook is told by its watch, else by the law.
BY_WATCH: Final = "watch"
BY_LAW: Final = "law"


@dataclass(frozen=True, slots=True)
class Row:
    """A facility in the list."""

    listed: Listed
    warning: str
    outlook: Outlook | None


@dataclass(frozen=True, slots=True)
class Tile:
    """A commune and the facilities in it."""

    name: str
    spots: tuple[Spot, ...]


async def listed(request: Request, viewer: Caller, resources: Resources) -> Response:
    now = resources.now()
    today = local_day(now, COUNTRY_TIME_ZONE)
    params = dict(request.query_params)
    wanted = filtering.wanted_of(params, today=today)
    scope = viewer.scope(Action.SEE)
    async with reading(resources, viewer) as connection:
        rows = await listing.listed(
            connection, scope, wanted, after=decoded_pair(params.get("cursor")),
            limit=ON_A_PAGE + 1,
        )  # fmt: skip
        total = await listing.count(connection, scope, wanted)
        units = await listing.units(connection, scope)
        ends, ended = await expiry.counts(connection, scope, today=today)
        outlooks = await _outlooks(connection, viewer, rows, wanted, now=now)
    own = frame(request, viewer, now=now)
    cursor = encoded(rows[ON_A_PAGE - 1].cursor) if len(rows) > ON_A_PAGE else None
    return page(
        own,
        "facilities.html",
        rows=[_row(one, outlooks, own.translator, wanted.on) for one in rows[:ON_A_PAGE]],
        wanted=wanted,
        total=total,
        units=units,
        law=law,
        shape=shapes.shape,
        share_of=share_of,
        excused_of=excused_of,
        next_page=filtering.address_of(params, cursor=cursor) if cursor else None,
        is_filtered=any(params.get(name) for name in filtering.NAMES),
        here=filtering.address_of(params),
        today=today,
        ends=ends,
        ended=ended,
        **may(viewer),
    )


def may(viewer: Caller) -> dict[str, bool]:
    """What the buttons of these pages lead to."""
    can = {action: not viewer.scope(action).is_nowhere for action in Action}
    return {
        "may_register": can[Action.REGISTER_FACILITY],
        "may_discover": can[Action.DISCOVER_FACILITY],
        "may_import": can[Action.REGISTER_FACILITY] or can[Action.MANAGE_DEVICES],
        "may_watch": can[Action.WATCH],
    }


async def _outlooks(
    connection: AsyncConnection,
    viewer: Caller,
    rows: Sequence[Listed],
    wanted: Wanted,
    *,
    now: datetime,
) -> Mapping[str, Outlook]:
    """By code, of those on the page that one may watch; the past has none."""
    scope = viewer.scope(Action.WATCH)
    ids = [one.id for one in rows if scope.covers(facility_id=one.id, admin_unit_id=one.unit_id)]
    if wanted.is_past or not ids:
        return {}
    record = await overview.record(connection, Scope(facility_ids=tuple(ids)), now=now)
    view = picture.overview(record, now=now)
    return {one.facility.code: one for one in view.outlooks}


def _row(one: Listed, outlooks: Mapping[str, Outlook], t: Translator, on: date) -> Row:
    return Row(one, warning_of(one, t, on), outlooks.get(one.facility.code))


def warning_of(one: Listed, t: Translator, on: date) -> str:
    """What is to be said of its licence, if anything is."""
    last_day = one.facility.licence_last_day
    has_end = one.facility.licence in {LicenceState.VALID, LicenceState.EXPIRED}
    if last_day is None or not has_end:
        return ""
    concern = urgency(date.fromordinal(last_day.toordinal() + 1), today=on)
    return t.gettext(law.URGENCIES[concern]) if concern else ""


async def drawn(request: Request, viewer: Caller, resources: Resources) -> Response:
    now = resources.now()
    params = dict(request.query_params)
    wanted = filtering.wanted_of(params, today=local_day(now, COUNTRY_TIME_ZONE))
    async with reading(resources, viewer) as connection:
        rows = await listing.listed(
            connection, viewer.scope(Action.SEE), wanted, after=None, limit=ON_A_PLAN
        )
        by_watch = params.get("by", BY_WATCH) == BY_WATCH
        outlooks = await _outlooks(connection, viewer, rows, wanted, now=now) if by_watch else {}
    own = frame(request, viewer, now=now)
    by = BY_WATCH if outlooks else BY_LAW
    spots = {one.id: _spot(one, outlooks, by, own.translator) for one in rows}
    placed = [spots[one.id] for one in rows if one.facility.latitude is not None]
    return page(
        own,
        "facility_map.html",
        tiles=_tiles(rows, spots),
        plan=plan(placed, label=own.translator.gettext("Facilities by latitude and longitude")),
        placed=len(placed),
        total=len(rows),
        by=by,
        legend=_legend(by, own.translator),
        shape=shapes.shape,
        here=filtering.address_of(params),
        **may(viewer),
    )


def _spot(one: Listed, outlooks: Mapping[str, Outlook], by: str, t: Translator) -> Spot:
    outlook = outlooks.get(one.facility.code)
    if by == BY_WATCH and outlook is not None:
        state, said = str(outlook.now), t.gettext(words.NOW[outlook.now])
    else:
        state, said = str(one.facility.status), t.gettext(law.STATUSES[one.facility.status])
    return Spot(
        one.facility.latitude or 0.0,
        one.facility.longitude or 0.0,
        state,
        f"/facilities/{one.facility.code}",
        f"{one.facility.name} · {one.unit_name} · {said}",
    )


def _tiles(rows: Sequence[Listed], spots: Mapping[int, Spot]) -> list[Tile]:
    """Communes in the order of their first facility's name; the fullest is no more than others."""
    by_unit: dict[tuple[int, str], list[Spot]] = {}
    for one in rows:
        by_unit.setdefault((one.unit_id, one.unit_name), []).append(spots[one.id])
    return [Tile(name, tuple(found)) for (_, name), found in sorted(by_unit.items(), key=_name)]


def _name(item: tuple[tuple[int, str], list[Spot]]) -> str:
    return item[0][1].casefold()


def _legend(by: str, t: Translator) -> list[tuple[str, str]]:
    names = words.NOW if by == BY_WATCH else law.STATUSES
    return [(str(state), t.gettext(text)) for state, text in names.items()]
