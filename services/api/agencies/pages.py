"""`/sharing/agencies`: agencies in the console: register, keys, revoke."""

import json
from collections.abc import Awaitable
from datetime import date, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.agencies import queries, registering
from services.api.agencies.registering import HOME_ZONE, shown
from services.api.agencies.routes import AgencyCode, Thumbprint
from services.api.agencies.schemas import AgencyIn, AgencyOut, KeyEnd, KeyIn, KeyOut
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.grants.sheet import Asked, may_of
from services.api.grants.words import told
from services.api.oauth import places
from services.api.paging import Paging, PagingGiven
from services.api.problems import ForbiddenError, MissingError, RequestError
from services.api.resources import Given, Resources
from services.api.webhooks import registering as webhooks
from services.api.webhooks.routes import WebhookId
from services.api.webhooks.schemas import WebhookIn
from services.api.webhooks.words import NOT_MADE, WORDS
from shared.domain.schedule import local_day, midnight

router = APIRouter()


@router.get("/sharing/agencies")
async def agencies(
    request: Request, viewer: Viewer, resources: Given, paging: PagingGiven
) -> Response:
    return await _list(request, viewer, resources, paging, Asked())


@router.post("/sharing/agencies")
async def register(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    try:
        agency = await registering.add(resources, viewer, _given(typed))
    except (ValidationError, RequestError) as refusal:
        asked = Asked(typed, _told(request, viewer, refusal))
        return await _list(request, viewer, resources, Paging(50, None, request, Response()), asked)
    return _to(agency.code)


def _given(typed: dict[str, str]) -> AgencyIn:
    given: dict[str, object] = {**typed, "requires_dpop": "requires_dpop" in typed}
    if "jwks" in typed:
        given["jwks"] = _document(typed["jwks"])
    return AgencyIn.model_validate(given)


def _document(text: str) -> object:
    """What is no JSON stays a text, which no schema takes."""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return document


@router.get("/sharing/agencies/{agency}")
async def one(request: Request, agency: AgencyCode, viewer: Viewer, resources: Given) -> Response:
    return await _sheet(request, viewer, resources, agency, Asked())


@router.post("/sharing/agencies/{agency}/webhooks")
async def add_webhook(
    request: Request, agency: AgencyCode, viewer: Viewer, resources: Given
) -> Response:
    """Its secret is shown on the page that answers, once."""
    form = await request.form()
    try:
        given = WebhookIn.model_validate(
            {"url": form.get("url", ""), "events": form.getlist("events")}
        )
        made = await webhooks.add(resources, viewer, agency, given)
    except (ValidationError, RequestError) as refusal:
        asked = Asked(fault=_told(request, viewer, refusal))
        return await _sheet(request, viewer, resources, agency, asked)
    return await _sheet(request, viewer, resources, agency, Asked(), secret=made.secret)


@router.post("/sharing/agencies/{agency}/webhooks/{webhook}/remove")
async def remove_webhook(
    request: Request, agency: AgencyCode, webhook_id: WebhookId, viewer: Viewer, resources: Given
) -> Response:
    removing = webhooks.remove(resources, viewer, agency, webhook_id)
    return await _done(request, viewer, resources, agency, removing)


@router.post("/sharing/agencies/{agency}/keys")
async def add_key(
    request: Request, agency: AgencyCode, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    try:
        key = KeyIn.model_validate({"jwk": _document(typed.get("jwk", ""))})
        await registering.add_key(resources, viewer, agency, key)
    except (ValidationError, RequestError) as refusal:
        asked = Asked(fault=_told(request, viewer, refusal))
        return await _sheet(request, viewer, resources, agency, asked)
    return _to(agency)


@router.post("/sharing/agencies/{agency}/keys/{thumbprint}/end")
async def end_key(
    request: Request,
    agency: AgencyCode,
    thumbprint: Thumbprint,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    """The last day is included."""
    try:
        last = date.fromisoformat(typed.get("not_after", "")) + timedelta(days=1)
        end = KeyEnd(not_after=midnight(last, HOME_ZONE))
        await registering.end_key(resources, viewer, agency, thumbprint, end)
    except (ValueError, OverflowError, RequestError) as refusal:
        asked = Asked(fault=_told(request, viewer, _as_fault(refusal)))
        return await _sheet(request, viewer, resources, agency, asked)
    return _to(agency)


def _as_fault(refusal: ValueError | OverflowError | RequestError) -> ValidationError | RequestError:
    if isinstance(refusal, RequestError):
        return refusal
    return ValidationError.from_exception_data(
        "KeyEnd", [{"type": "missing", "loc": ("not_after",), "input": None}]
    )


@router.post("/sharing/agencies/{agency}/keys/{thumbprint}/revoke")
async def revoke_key(
    request: Request, agency: AgencyCode, thumbprint: Thumbprint, viewer: Viewer, resources: Given
) -> Response:
    return await _done(
        request, viewer, resources, agency,
        registering.revoke_key(resources, viewer, agency, thumbprint),
    )  # fmt: skip


@router.post("/sharing/agencies/{agency}/refresh")
async def refresh(
    request: Request, agency: AgencyCode, viewer: Viewer, resources: Given
) -> Response:
    fetching = registering.refresh(resources, viewer, agency)
    return await _done(request, viewer, resources, agency, fetching)


@router.post("/sharing/agencies/{agency}/revoke")
async def revoke(
    request: Request, agency: AgencyCode, viewer: Viewer, resources: Given
) -> Response:
    revoking = registering.revoke(resources, viewer, agency)
    return await _done(request, viewer, resources, agency, revoking)


async def _done(
    request: Request, viewer: Caller, resources: Resources, agency: str, change: Awaitable[None]
) -> Response:
    try:
        await change
    except RequestError as refusal:
        asked = Asked(fault=_told(request, viewer, refusal))
        return await _sheet(request, viewer, resources, agency, asked)
    return _to(agency)


async def _list(
    request: Request, viewer: Caller, resources: Resources, paging: Paging, asked: Asked
) -> Response:
    registering.must_be_able_to_look(viewer)
    now = resources.now()
    today = local_day(now, HOME_ZONE)
    async with reading(resources, viewer) as connection:
        found = await queries.page(
            connection, day=today, after=paging.after_code(), limit=paging.fetch
        )
        authorities = await queries.authorities(connection, today=today)
    rows = paging.page(found, lambda row: row, lambda row: (row.code,))
    return page(
        frame(request, viewer, now=now),
        "sharing_agencies.html",
        status=asked.status,
        may=may_of(viewer),
        rows=rows.items,
        older=urlencode({"cursor": rows.next}) if rows.next else "",
        in_force=lambda one: sum(_is_taken(key, resources) for key in one.keys),
        authorities=authorities,
        given=asked.given,
        fault=asked.fault,
        labels=None,
        day=None,
    )


async def _sheet(
    request: Request,
    viewer: Caller,
    resources: Resources,
    code: str,
    asked: Asked,
    *,
    secret: str = "",
) -> Response:
    registering.must_be_able_to_look(viewer)
    now = resources.now()
    async with reading(resources, viewer) as connection:
        agency: AgencyOut = await shown(connection, code, now)
    may = may_of(viewer)
    calls = await webhooks.listed(resources, viewer, code) if may.manage else ()
    own = frame(request, viewer, now=now)
    t = own.translator
    return page(
        own,
        "sharing_agency.html",
        status=asked.status,
        may=may,
        agency=agency,
        webhooks=calls,
        has_key=any(_is_taken(key, resources) for key in agency.keys),
        events=WORDS,
        not_made=NOT_MADE,
        secret=secret,
        token_address=places.address(resources.settings, places.TOKEN),
        is_taken=lambda key: _is_taken(key, resources),
        day=lambda at: t.day(local_day(at, HOME_ZONE)),
        labels=None,
        fault=asked.fault,
    )


def _is_taken(key: KeyOut, resources: Resources) -> bool:
    is_over = key.not_after is not None and key.not_after <= resources.now()
    return key.revoked_at is None and not is_over


def _told(request: Request, viewer: Caller, refusal: ValidationError | RequestError) -> str:
    """Raises what is no mistake in the form: it has a page of its own."""
    if isinstance(refusal, MissingError | ForbiddenError):
        raise refusal
    return told(refusal, frame(request, viewer).translator)


def _to(code: str) -> Response:
    return RedirectResponse(f"/sharing/agencies/{code}", HTTPStatus.SEE_OTHER)
