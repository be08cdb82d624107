"""`/incidents`: the board with its filters, live."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.console import words as codes
from services.api.console.frames import OFTEN, frame
from services.api.console.render import near, page
from services.api.incidents.acknowledging import may
from services.api.incidents.at_once import outcome as outcomes
from services.api.incidents.at_once.outcome import Outcome
from services.api.incidents.board import queries, shown
from services.api.incidents.board.queries import Entry, Tally, Tried
from services.api.incidents.narrowing.queries import Wanted
from services.api.incidents.story import words
from services.api.overview.shown import Voice
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.states import Cause, IncidentState, Severity

A_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """What a reader narrows the board to, as it stands in the address; empty does not narrow."""

    state: str
    severity: str
    cause: str
    taken: str
    mine: str
    q: str
    after: str
    tried: tuple[int, ...]

    def wanted(self, viewer: Caller) -> Wanted:
        """What is no word of ours narrows nothing."""
        taken = {"yes": True, "no": False}.get(self.taken)
        return Wanted(
            state=IncidentState(self.state) if self.state in set(IncidentState) else None,
            severity=Severity(self.severity) if self.severity in set(Severity) else None,
            cause=Cause(self.cause) if self.cause in set(Cause) else None,
            assigned_to=viewer.user_id if self.mine else None,
            is_acknowledged=taken,
            text=self.q,
        )

    def address(self, after: str) -> str:
        names = ("state", "severity", "cause", "taken", "mine", "q")
        chosen = {name: text for name in names if (text := getattr(self, name))}
        query = urlencode({**chosen, **({"after": after} if after else {})})
        return f"/incidents?{query}" if query else "/incidents"


_Word = Annotated[str, Query(max_length=40)]


def _filter(  # noqa: PLR0913, PLR0917 - each is a field of the form
    state: _Word = "",
    severity: _Word = "",
    cause: _Word = "",
    taken: _Word = "",
    mine: _Word = "",
    q: Annotated[str, Query(max_length=200)] = "",
    after: _Word = "",
    tried: Annotated[str, Query(max_length=4000)] = "",
) -> Filter:
    numbers = outcomes.numbers_of(tried)
    return Filter(state, severity, cause, taken, mine, q.strip(), after, numbers)


FilterGiven = Annotated[Filter, Depends(_filter)]


@dataclass(frozen=True, slots=True)
class _Found:
    entries: list[Entry]
    under: dict[int, list[Entry]]
    tally: Tally
    is_more: bool
    tried: Sequence[Tried]


async def board(request: Request, viewer: Caller, resources: Resources, asked: Filter) -> Response:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        found = await _found(connection, viewer, asked)
    own = frame(request, viewer, now=now, refresh=OFTEN)
    voice = Voice(own.translator, near(own.translator, own.time_zone, now))
    rows = shown.rows(found.entries, found.under, voice, lambda one: _may_take(viewer, one))
    return page(
        own,
        "incidents.html",
        rows=rows,
        outcome=_outcome(viewer, asked, found, voice),
        without_outcome=asked.address(asked.after),
        takeable=[row.id for row in rows if row.may_take],
        tally=found.tally,
        asked=asked,
        back=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        severities=words.SEVERITIES,
        causes=codes.CAUSES,
        is_narrowed=not replace(asked.wanted(viewer), state=None).is_whole,
        next_page=asked.address(shown.cursor_of(found.entries[-1])) if found.is_more else "",
        is_first=not asked.after,
    )


def _outcome(viewer: Caller, asked: Filter, found: _Found, voice: Voice) -> Outcome | None:
    if not asked.tried:
        return None
    return outcomes.outcome(asked.tried, found.tried, voice, lambda one: _may_take(viewer, one))


async def _found(connection: AsyncConnection, viewer: Caller, asked: Filter) -> _Found:
    scope = viewer.scope(Action.WATCH)
    wanted = asked.wanted(viewer)
    entries = await queries.page(
        connection, scope, wanted, after=shown.after_of(asked.after), limit=A_PAGE + 1
    )
    outages = [one.id for one in entries if one.cause is Cause.AREA_OUTAGE]
    under: dict[int, list[Entry]] = defaultdict(list)
    if outages and wanted.is_whole:
        for child in await queries.under(connection, outages):
            under[child.parent_id or 0].append(child)
    tried: Sequence[Tried] = ()
    if asked.tried:
        tried = await queries.tried(connection, scope, asked.tried, user_id=viewer.user_id)
    tally = await queries.tally(connection, scope)
    return _Found(list(entries[:A_PAGE]), under, tally, len(entries) > A_PAGE, tried)


def _may_take(viewer: Caller, one: Entry) -> bool:
    place = None if one.unit_id is None else (one.facility_id, one.unit_id)
    return may(viewer, Action.ACKNOWLEDGE, place)
