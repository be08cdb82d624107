"""Approvals of cameras in the console: of one camera, and all that wait for the department."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Final, assert_never
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.transactions import reading
from services.api.camera_approvals import deciding, shown
from services.api.camera_approvals.case import Where
from services.api.camera_approvals.everywhere import queries as everywhere
from services.api.camera_approvals.routes import ApprovalId
from services.api.camera_approvals.schemas import (
    ApprovalOut,
    ApproveIn,
    EndIn,
    RequestIn,
    ReviewIn,
    Which,
)
from services.api.camera_approvals.sheet import Asked, sheet
from services.api.console.forms import Typed
from services.api.console.frames import HOME_ZONE, frame
from services.api.console.render import near, page
from services.api.console.viewer import Viewer
from services.api.inputs import DeviceCode, FacilityCode
from services.api.problems import RequestError
from services.api.resources import Given
from shared.domain.access import Action
from shared.i18n import marked

router = APIRouter()
A_PAGE: Final = 50
TABS: Final = {
    Which.TO_DECIDE: marked("To decide"),
    Which.REVIEW_DUE: marked("To look at again"),
    Which.IN_FORCE: marked("In force"),
}
OF_CAMERA: Final = "/facilities/{code}/devices/{device}/approvals"


class Deed(StrEnum):
    """What the department does with a request."""

    APPROVE = "approve"
    REFUSE = "refuse"
    REVOKE = "revoke"
    REVIEW = "review"


@router.get("/cameras/approvals")
async def approvals(
    request: Request,
    viewer: Viewer,
    resources: Given,
    which: Annotated[Which, Query()] = Which.TO_DECIDE,
) -> Response:
    """Somebody who decides nothing still sees what is asked for in their place."""
    scope = viewer.must_be_able_to_somewhere(Action.WATCH)
    now = resources.now()
    async with reading(resources, viewer) as connection:
        rows = await everywhere.page(
            connection, scope, which, before=None, limit=A_PAGE + 1, now=now
        )
        counts = {one: await everywhere.count(connection, scope, one, now=now) for one in TABS}
    own = frame(request, viewer, now=now)
    return page(
        own,
        "camera_approvals.html",
        tabs=TABS,
        which=which,
        counts=counts,
        rows=rows[:A_PAGE],
        has_more=len(rows) > A_PAGE,
        reason=lambda text: shown.reason(text, own.translator),
        near=near(own.translator, HOME_ZONE, now),
    )


def _where(code: FacilityCode, device: DeviceCode) -> Where:
    return code, device


def _step(approval_id: ApprovalId, deed: Deed) -> tuple[int, Deed]:
    return approval_id, deed


WhereGiven = Annotated[Where, Depends(_where)]
StepGiven = Annotated[tuple[int, Deed], Depends(_step)]


@router.get(OF_CAMERA)
async def of_camera(
    request: Request, where: WhereGiven, viewer: Viewer, resources: Given
) -> Response:
    return await sheet(request, viewer, resources, where, Asked())


@router.post(OF_CAMERA)
async def ask(
    request: Request, where: WhereGiven, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    async def work() -> ApprovalOut:
        given = RequestIn.model_validate(_timed(typed))
        return await deciding.request(resources, viewer, where, given)

    fault = await _fault_of(request, viewer, work)
    if fault:
        return await sheet(request, viewer, resources, where, Asked("ask", typed, fault))
    return _back(where)


@router.post(OF_CAMERA + "/{approval}/{deed}")
async def decide(
    request: Request,
    where: WhereGiven,
    step: StepGiven,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    approval_id, deed = step

    async def work() -> ApprovalOut:
        match deed:
            case Deed.APPROVE:
                given = ApproveIn.model_validate(_timed(typed))
                return await deciding.approve(resources, viewer, where, approval_id, given)
            case Deed.REFUSE:
                why = EndIn.model_validate(typed)
                return await deciding.refuse(resources, viewer, where, approval_id, why)
            case Deed.REVOKE:
                why = EndIn.model_validate(typed)
                return await deciding.revoke(resources, viewer, where, approval_id, why)
            case Deed.REVIEW:
                again = ReviewIn.model_validate(typed)
                return await deciding.review(resources, viewer, where, approval_id, again)
        assert_never(deed)

    fault = await _fault_of(request, viewer, work)
    if fault:
        asked = Asked(f"{deed}-{approval_id}", typed, fault)
        return await sheet(request, viewer, resources, where, asked)
    return _back(where)


async def _fault_of(
    request: Request, viewer: Viewer, work: Callable[[], Awaitable[ApprovalOut]]
) -> str:
    """What was wrong with a form, in words; what is no mistake in it has a page of its own."""
    try:
        await work()
    except ValidationError as refusal:
        return shown.words_of(refusal, frame(request, viewer).translator)
    except RequestError as refusal:
        is_page = refusal.status in {HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE}
        if is_page or refusal.code == "not_allowed":
            raise
        return shown.words_of(refusal, frame(request, viewer).translator)
    return ""


def _timed(typed: dict[str, str]) -> dict[str, str]:
    """A day on which an approval ends is that whole day, where the facility lies."""
    day = typed.get("valid_to")
    if day is None:
        return typed
    try:
        ends = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(HOME_ZONE)) + timedelta(days=1)
    except ValueError:
        return typed
    return {**typed, "valid_to": ends.isoformat()}


def _back(where: Where) -> Response:
    return RedirectResponse(
        f"/facilities/{where[0]}/devices/{where[1]}/approvals", HTTPStatus.SEE_OTHER
    )
