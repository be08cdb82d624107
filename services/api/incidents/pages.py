"""`/incidents` and `/incidents/{id}`: what lasts, what is over, and one with its story."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.console.frames import OFTEN, frame
from services.api.console.paths import own_path
from services.api.console.render import near, page
from services.api.console.viewer import Viewer
from services.api.incidents import acknowledging, queries, shown
from services.api.incidents.ids import IncidentId
from services.api.incidents.narrowing.queries import Wanted
from services.api.incidents.schemas import IncidentOut
from services.api.incidents.story_page import story_page
from services.api.overview import queries as overview_queries
from services.api.overview.facts import Facility, Taken
from services.api.overview.shown import Voice
from services.api.overview.telling import queries as telling
from services.api.resources import Given
from shared.domain.access import Action, Scope
from shared.domain.states import IncidentState
from shared.i18n import Translator

router = APIRouter()
MOST_OPEN: Final = 200
A_PAGE: Final = 30


@router.get("/incidents")
async def incidents(
    request: Request,
    viewer: Viewer,
    resources: Given,
    after: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """`after`: the id of the last incident of the page before."""
    now = resources.now()
    scope = viewer.scope(Action.WATCH)
    async with reading(resources, viewer) as connection:
        lasting = [] if after else await _lasting(connection, scope)
        over = await _over(connection, scope, after)
        ids = [one.id for one in (*lasting, *over)]
        taken = await telling.taken_up(connection, ids)
        homes = await overview_queries.facilities(connection, scope, since=now)
    own = frame(request, viewer, now=now, refresh=OFTEN)
    t = own.translator
    voice = Voice(t, near(t, own.time_zone, now))
    by_code = {home.code: home for home in homes}
    lines = [_row(one, by_code, taken, voice, viewer) for one in (*lasting, *over[:A_PAGE])]
    return page(
        own,
        "incidents.html",
        groups=_groups(lines, t, is_first=after is None),
        older=over[A_PAGE - 1].id if len(over) > A_PAGE else None,
    )


async def _lasting(connection: AsyncConnection, scope: Scope) -> list[IncidentOut]:
    return list(
        await queries.page(
            connection, scope, Wanted(IncidentState.OPEN), before=None, limit=MOST_OPEN,
        )
    )  # fmt: skip


async def _over(connection: AsyncConnection, scope: Scope, after: int | None) -> list[IncidentOut]:
    """One more than a page."""
    before: tuple[datetime, int] | None = None
    if after is not None and (last := await queries.one(connection, after, scope)):
        before = (last.opened_at, last.id)
    return list(
        await queries.page(
            connection, scope, Wanted(IncidentState.RESOLVED), before=before, limit=A_PAGE + 1,
        )
    )  # fmt: skip


def _row(
    one: IncidentOut,
    homes: Mapping[str, Facility],
    taken: Mapping[int, tuple[Taken, ...]],
    voice: Voice,
    viewer: Caller,
) -> shown.Row:
    home = homes.get(one.facility or "")
    place = (home.id, home.admin_unit_id) if home else None
    may_take = acknowledging.may(viewer, Action.ACKNOWLEDGE, place)
    return shown.row(one, home, taken.get(one.id, ()), voice, may_take=may_take)


def _groups(
    rows: list[shown.Row], t: Translator, *, is_first: bool
) -> list[tuple[str, str, list[shown.Row]]]:
    over = [row for row in rows if not row.is_open]
    groups = [(t.gettext("Over"), t.gettext("No incident is over yet."), over)]
    if is_first:
        lasting = [row for row in rows if row.is_open]
        groups.insert(0, (t.gettext("Lasting"), t.gettext("No incident right now."), lasting))
    return groups


@router.get("/incidents/{id}")
async def incident(
    request: Request, incident_id: IncidentId, viewer: Viewer, resources: Given
) -> Response:
    return await story_page(request, viewer, resources, incident_id)


@router.post("/incidents/{id}/acknowledge")
async def acknowledge(
    incident_id: IncidentId,
    viewer: Viewer,
    resources: Given,
    note: Annotated[str, Form(max_length=2000)] = "",
    back: Annotated[str, Form(max_length=500)] = "/incidents",
) -> Response:
    await acknowledging.acknowledge(resources, viewer, incident_id, note=note.strip())
    return RedirectResponse(own_path(back), HTTPStatus.SEE_OTHER)
