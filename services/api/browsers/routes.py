"""`/account/browsers`: in which browsers one wants to be told, and what they say was shown."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.api.access.caller import CallerGiven
from services.api.browsers import keeping
from services.api.browsers.schemas import BrowserIn, BrowserOut, PushKeyOut, ShownIn
from services.api.openapi import problems
from services.api.resources import Given

router = APIRouter(prefix="/account/browsers", tags=["account"])
#: Asked by service workers. Not described: it is none of the api's public addresses.
receipts = APIRouter(prefix="/push", include_in_schema=False)
BrowserNumber = Annotated[int, Path(alias="browser", ge=1, lt=2**63)]


@router.get("", operation_id="list_own_browsers", responses=problems(401, 403))
async def list_own(caller: CallerGiven, resources: Given) -> list[BrowserOut]:
    """One's own; nobody else sees them here."""
    return list(await keeping.listed(resources, caller))


@router.get("/key", operation_id="read_push_key", responses=problems(401, 403, 503))
async def read_key(_caller: CallerGiven, resources: Given) -> PushKeyOut:
    """For `pushManager.subscribe`: nobody but us can push to who subscribes with it (RFC 8292)."""
    return PushKeyOut(key=keeping.must_be_used(resources))


@router.post(
    "",
    status_code=201,
    operation_id="add_browser",
    responses=problems(401, 403, 409, 422, 503),
)
async def add(
    given: BrowserIn, request: Request, caller: CallerGiven, resources: Given
) -> BrowserOut:
    """From now on alerts are pushed to it, where a ladder says so."""
    user_agent = request.headers.get("user-agent", "")
    return await keeping.subscribe(resources, caller, given, user_agent)


@router.post(
    "/{browser}/test",
    status_code=202,
    operation_id="test_browser",
    responses=problems(401, 403, 404, 409, 422, 429, 503),
)
async def test(browser: BrowserNumber, caller: CallerGiven, resources: Given) -> BrowserOut:
    """Push a test; `last_test` tells later what became of it."""
    return await keeping.test(resources, caller, browser)


@router.delete(
    "/{browser}",
    status_code=204,
    operation_id="remove_browser",
    response_class=Response,
    responses=problems(401, 403, 404, 422),
)
async def remove(browser: BrowserNumber, caller: CallerGiven, resources: Given) -> None:
    """Nothing is pushed to it any more."""
    await keeping.remove(resources, caller, browser)


@receipts.post("/receipts", status_code=204, response_class=Response)
async def receive(given: ShownIn, resources: Given) -> None:
    """What was shown has arrived. Whoever makes a reference up finds nothing here."""
    await keeping.shown(resources, given.ref)
