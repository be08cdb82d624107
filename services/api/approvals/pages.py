"""`/approvals`: what waits for a decision, what was decided, and forms to ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access_log import csv_file
from services.api.approvals import asking, handing_out, words
from services.api.approvals.desk import Desk, desk_of
from services.api.approvals.routes import ApprovalId
from services.api.approvals.schemas import ApprovalIn, DecisionIn
from services.api.approvals.shown import rows_of
from services.api.console.forms import Typed
from services.api.console.frames import HOME_ZONE, frame
from services.api.console.refusals import SOMETHING
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.resources import Given
from shared.domain.approvals import Kind
from shared.i18n import Translator

router = APIRouter()
HERE: Final = "/approvals"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, and why it was refused: in the form `about`, or beside a request."""

    fault: str = ""
    about: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)


@router.get("/approvals")
async def approvals(
    request: Request,
    viewer: Viewer,
    resources: Given,
    after: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """`after`: the number of the last request of the page before."""
    return _page(request, viewer, await desk_of(resources, viewer, after), Asked())


def _page(request: Request, viewer: Viewer, desk: Desk, asked: Asked) -> Response:
    own = frame(request, viewer)
    local = own.now.astimezone(ZoneInfo(HOME_ZONE))
    return page(
        own,
        "approvals.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if asked.fault else HTTPStatus.OK,
        waiting=rows_of(desk.waiting, viewer, own),
        others=rows_of(desk.others, viewer, own),
        older=desk.older,
        places=desk.places,
        asked=asked,
        kinds=words.ASKED,
        datasets=words.DATASETS,
        repeats=words.REPEATS,
        soon=(local + timedelta(hours=1)).strftime("%Y-%m-%dT%H:00"),
        later=(local + timedelta(hours=3)).strftime("%Y-%m-%dT%H:00"),
        today_on=local.date().isoformat(),
        month_ago=(local.date() - timedelta(days=30)).isoformat(),
    )


@router.post("/approvals")
async def ask(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    """`place` names a facility or a unit; times are those of Viet Nam."""
    about = "export" if typed.get("kind") == Kind.NAMED_EXPORT else "exception"
    t = frame(request, viewer).translator
    try:
        await asking.ask(resources, viewer, ApprovalIn.model_validate(_given(typed)))
    except (ValidationError, InvalidError, MissingError, ConflictError) as refusal:
        told = Asked(_told(refusal, t), about, typed)
        desk = await desk_of(resources, viewer, None)
        return _page(request, viewer, desk, told)
    return RedirectResponse(HERE, HTTPStatus.SEE_OTHER)


@router.post("/approvals/{id}/decision")
async def decide(
    request: Request, approval_id: ApprovalId, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    try:
        given = DecisionIn.model_validate(typed)
        await asking.decide(resources, viewer, approval_id, given)
    except (ValidationError, ConflictError) as refusal:
        return await _beside(request, viewer, resources, approval_id, refusal)
    return RedirectResponse(HERE, HTTPStatus.SEE_OTHER)


@router.post("/approvals/{id}/end")
async def end(
    request: Request, approval_id: ApprovalId, viewer: Viewer, resources: Given
) -> Response:
    try:
        await asking.end(resources, viewer, approval_id)
    except ConflictError as refusal:
        return await _beside(request, viewer, resources, approval_id, refusal)
    return RedirectResponse(HERE, HTTPStatus.SEE_OTHER)


@router.post("/approvals/{id}/file")
async def fetch(
    request: Request, approval_id: ApprovalId, viewer: Viewer, resources: Given
) -> Response:
    """A button, not a link: each copy counts."""
    try:
        file = await handing_out.fetch(resources, viewer, approval_id)
    except ConflictError as refusal:
        return await _beside(request, viewer, resources, approval_id, refusal)
    return csv_file.answer(file.name, file.head, file.rows)


async def _beside(
    request: Request,
    viewer: Viewer,
    resources: Given,
    approval_id: int,
    refusal: ValidationError | ConflictError,
) -> Response:
    told = _told(refusal, frame(request, viewer).translator)
    desk = await desk_of(resources, viewer, None)
    return _page(request, viewer, desk, Asked(told, str(approval_id)))


def _given(typed: Mapping[str, str]) -> dict[str, object]:
    """As the API takes it."""
    kind, _, code = typed.get("place", "").partition(":")
    names = ("kind", "zone", "device", "dataset", "reason")
    given: dict[str, object] = {name: typed[name] for name in names if name in typed}
    if kind in {"facility", "unit"}:
        given[kind] = code
    for name in ("starts_at", "ends_at"):
        if name in typed:
            given[name] = _instant(typed[name])
    if typed.get("repeats"):
        given["repeats"] = typed["repeats"]
        given["repeats_until"] = _end_of(typed.get("repeats_until", ""))
    if typed.get("dataset") == "access_log":
        given |= {name: typed[name] for name in ("first_day", "last_day") if name in typed}
    return given


def _end_of(day: str) -> datetime | str:
    """No time begins after that day."""
    begin = _instant(day)
    try:
        return begin if isinstance(begin, str) else begin + timedelta(days=1)
    except OverflowError:
        return day


def _instant(text: str) -> datetime | str:
    """What is no time is left to the check."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(HOME_ZONE))
    except ValueError:
        return text


def _told(
    refusal: ValidationError | InvalidError | MissingError | ConflictError, t: Translator
) -> str:
    if isinstance(refusal, ValidationError):
        wrong = [str(part) for error in refusal.errors() for part in error["loc"]]
        said = [words.FIELDS[name] for name in wrong if name in words.FIELDS]
        return t.gettext(said[0] if said else SOMETHING)
    if isinstance(refusal, InvalidError) and refusal.code not in words.OBSTACLES:
        name = refusal.faults[0].field.removeprefix("body.")
        return t.gettext(words.FIELDS.get(name, SOMETHING))
    return t.gettext(words.OBSTACLES.get(refusal.code, SOMETHING))
