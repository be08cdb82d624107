"""The pages of grants; also what a form on them comes back to when it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.agencies import queries as agencies
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.grants import granting, queries
from services.api.grants.words import Labels
from services.api.paging import Paging
from services.api.problems import ForbiddenError
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day

_MOST = 500


@dataclass(frozen=True, slots=True)
class May:
    """Which pages of sharing somebody may open, and what they may do there."""

    grants: bool
    reads: bool
    agencies: bool
    manage: bool
    propose: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What was given in a form, and what was wrong with it."""

    given: Mapping[str, str] = field(default_factory=dict)
    fault: str | None = None

    @property
    def status(self) -> int:
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.fault else HTTPStatus.OK


def may_of(viewer: Caller) -> May:
    def somewhere(*actions: Action) -> bool:
        return any(not viewer.scope(action).is_nowhere for action in actions)

    return May(
        grants=somewhere(Action.SEE_GRANTS),
        reads=somewhere(Action.SEE_ACCESS_LOG) and somewhere(Action.SEE_GRANTS),
        agencies=somewhere(Action.MANAGE_AGENCIES, Action.PROPOSE_GRANT, Action.APPROVE_GRANT),
        manage=somewhere(Action.MANAGE_AGENCIES),
        propose=somewhere(Action.PROPOSE_GRANT),
    )


async def overview(
    request: Request, viewer: Caller, resources: Resources, paging: Paging, asked: Asked
) -> Response:
    now = resources.now()
    today = local_day(now, COUNTRY_TIME_ZONE)
    scope = viewer.must_be_able_to_somewhere(Action.SEE_GRANTS)
    may = may_of(viewer)
    async with reading(resources, viewer) as connection:
        found = await queries.page(
            connection, scope, before=paging.before_moment(), limit=paging.fetch
        )
        choice = await _choice(connection, viewer, today) if may.propose else {}
    shown = paging.page(
        found,
        lambda row: granting.out(row, viewer, resources),
        lambda row: (row.proposed_at, row.grant.id),
    )
    own = frame(request, viewer, now=now)
    t = own.translator
    return page(
        own,
        "sharing.html",
        status=asked.status,
        labels=Labels(t),
        may=may,
        day=lambda at: t.day(local_day(at, COUNTRY_TIME_ZONE)),
        rows=shown.items,
        waiting=[grant for grant in shown.items if grant.may_decide],
        older=urlencode({"cursor": shown.next}) if shown.next else "",
        given=asked.given,
        fault=asked.fault,
        **choice,
    )


async def _choice(connection: AsyncConnection, viewer: Caller, today: date) -> dict[str, object]:
    """What can be chosen in a proposal."""
    scope = viewer.scope(Action.PROPOSE_GRANT)
    clients = await agencies.page(connection, day=today, after="", limit=_MOST)
    units = await queries.units_of(connection, scope, today=today)
    return {
        "agencies": [one for one in clients if one.revoked_at is None],
        "units": [(code, name, level == "province") for code, name, level in units],
        "facilities": await queries.homes(connection, scope),
    }


async def sheet(
    request: Request, viewer: Caller, resources: Resources, grant_id: int, asked: Asked
) -> Response:
    """One grant."""
    async with reading(resources, viewer) as connection:
        there = await granting.seen(connection, grant_id, viewer)
    grant = granting.out(there, viewer, resources)
    try:
        preview = await granting.preview(resources, viewer, grant_id)
    except ForbiddenError:
        preview = None
    own = frame(request, viewer, now=resources.now())
    t = own.translator
    return page(
        own,
        "grant.html",
        status=asked.status,
        labels=Labels(t),
        day=lambda at: t.day(local_day(at, COUNTRY_TIME_ZONE)),
        grant=grant,
        preview=preview,
        fault=asked.fault,
    )


async def reads(request: Request, viewer: Caller, resources: Resources) -> Response:
    """What agencies read about the facilities whose access log is the viewer's to see."""
    scope = viewer.must_be_able_to_somewhere(Action.SEE_ACCESS_LOG)
    async with reading(resources, viewer) as connection:
        rows = await queries.reads(connection, scope, limit=_MOST)
    own = frame(request, viewer, now=resources.now())
    return page(
        own,
        "sharing_reads.html",
        labels=Labels(own.translator),
        may=may_of(viewer),
        rows=rows,
        day=None,
    )
