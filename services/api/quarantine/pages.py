"""`/quarantine`: what devices sent that could not be counted, why, and what to do."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from services.api.access.transactions import reading
from services.api.console import words
from services.api.console.frames import OFTEN, frame
from services.api.console.render import near, page
from services.api.console.viewer import Viewer
from services.api.problems import ConflictError
from services.api.quarantine import queries, replaying
from services.api.quarantine.routes import EntryId
from services.api.quarantine.schemas import QuarantinedOut, ReplayOut
from services.api.resources import Given
from shared.domain.access import Action, Scope
from shared.domain.states import Refusal
from shared.i18n import Translator

router = APIRouter()
A_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """Messages of one topic set aside for one reason."""

    id: int
    why: str
    advice: str
    facility: str
    topic: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries a reader wants to see."""

    facility: str
    reason: Refusal | None

    @property
    def query(self) -> dict[str, str]:
        pairs = {"facility": self.facility, "reason": self.reason or ""}
        return {name: text for name, text in pairs.items() if text}


@router.get("/quarantine")
async def quarantine(
    request: Request,
    viewer: Viewer,
    resources: Given,
    facility: Annotated[str, Query(max_length=200)] = "",
    reason: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """`after`: the id of the last entry of the page before."""
    scope = viewer.must_be_able_to_somewhere(Action.SEE_QUARANTINE)
    asked = Asked(facility, Refusal(reason) if reason in set(Refusal) else None)
    async with reading(resources, viewer) as connection:
        homes = await queries.homes(connection, scope)
        found = await _found(connection, scope, asked, after)
    own = frame(request, viewer)
    names = {home.code: home.name for home in homes}
    older = {**asked.query, "after": str(found[A_PAGE - 1].id)} if len(found) > A_PAGE else None
    return page(
        own,
        "quarantine.html",
        rows=[_row(one, names, own.translator) for one in found[:A_PAGE]],
        asked=asked,
        homes=homes,
        older=urlencode(older) if older else None,
    )


async def _found(
    connection: AsyncConnection, scope: Scope, asked: Asked, after: int | None
) -> list[QuarantinedOut]:
    """One more than a page."""
    before: tuple[datetime, int] | None = None
    if after is not None and (last := await queries.one(connection, after, scope)):
        before = (last.last_at, last.id)
    return list(
        await queries.page(
            connection, scope, facility_code=asked.facility or None, reason=asked.reason,
            before=before, limit=A_PAGE + 1,
        )
    )  # fmt: skip


def _row(one: QuarantinedOut, names: dict[str, str], t: Translator) -> Row:
    why, advice = words.REFUSALS[one.reason]
    home = names.get(one.facility or "", one.facility or "–")
    return Row(
        one.id, t.gettext(why), t.gettext(advice), home, one.topic, one.count, one.last_at
    )  # fmt: skip


@router.get("/quarantine/{id}")
async def entry(request: Request, entry_id: EntryId, viewer: Viewer, resources: Given) -> Response:
    async with reading(resources, viewer) as connection:
        found = await replaying.entry(connection, viewer, entry_id)
        home = await queries.home(connection, found.said.facility)
    own = frame(request, viewer, refresh=OFTEN)
    t = own.translator
    why, advice = words.REFUSALS[found.said.reason]
    return page(
        own,
        "set_aside.html",
        entry=found.said,
        home=home,
        why=t.gettext(why),
        advice=t.gettext(advice),
        replay=found.replay,
        size=t.ngettext("%(n)s byte", "%(n)s bytes", found.replay.kept_bytes),
        kept_when=_span(found.replay, near(t, own.time_zone, own.now)),
        may_replay=found.may_replay,
    )


def _span(replay: ReplayOut, near: Callable[[datetime], str]) -> str:
    """When what is kept was received: one instant, or from and to."""
    if replay.oldest_at is None or replay.newest_at is None:
        return "–"
    return " – ".join(dict.fromkeys((near(replay.oldest_at), near(replay.newest_at))))


@router.post("/quarantine/{id}/replay")
async def replay(entry_id: EntryId, viewer: Viewer, resources: Given) -> Response:
    """The page it comes back to says how it went, also if there was nothing to do."""
    with suppress(ConflictError):
        await replaying.replay(resources, viewer, entry_id)
    return RedirectResponse(f"/quarantine/{entry_id}", HTTPStatus.SEE_OTHER)
