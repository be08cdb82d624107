"""`/sms/{gateway}`: gateways call here; whoever is not one finds nothing here."""

import json
import math
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from services.api.access.transactions import changing_as_system
from services.api.problems import MissingError, TooManyError
from services.api.resources import Given, Resources
from services.api.sms import dialects, queries
from services.api.sms.callers import Call, CallbackConfig, is_genuine

#: Not described: it is none of the api's public addresses.
router = APIRouter(prefix="/sms", include_in_schema=False)

#: A minute, of one gateway; and of one address that is none.
MOST_CALLS: Final = 1200
MOST_GUESSES: Final = 30
_MOST_FIELDS: Final = 100
_FORM: Final = "application/x-www-form-urlencoded"
Name = Annotated[str, Path(alias="gateway", max_length=40)]


async def _called(name: Name, request: Request, resources: Given) -> tuple[CallbackConfig, Call]:
    """Raises `MissingError` for whoever does not prove to be this gateway."""
    gateway = next((one for one in resources.settings.sms_callbacks if one.name == name), None)
    call = await _read(request, resources.settings.console_url)
    if not is_genuine(call, gateway) or gateway is None:
        client = request.client.host if request.client else ""
        _must_not_be_too_often(resources, f"sms-guess/{client}", MOST_GUESSES)
        raise MissingError("address")
    _must_not_be_too_often(resources, f"sms/{name}", MOST_CALLS)
    return gateway, call


Called = Annotated[tuple[CallbackConfig, Call], Depends(_called)]


@router.api_route("/{gateway}/receipts", methods=["GET", "POST"])
async def receive_report(called: Called, resources: Given) -> Response:
    """What became of a message. The same again changes nothing."""
    gateway, call = called
    report = dialects.REPORTS[gateway.kind]({**call.query, **call.form})
    if report is not None:
        async with changing_as_system(resources) as connection:
            await queries.keep_report(connection, gateway.name, report, now=resources.now())
    return Response(status_code=204)


@router.post("/{gateway}/inbound")
async def receive_answer(called: Called, resources: Given) -> Response:
    """What somebody sent. It is kept here, looked at afterwards, and never answered."""
    gateway, call = called
    now = resources.now()
    answer = dialects.ANSWERS[gateway.kind](call.form, now)
    if answer is not None:
        async with changing_as_system(resources) as connection:
            await queries.keep_answer(connection, gateway.name, answer, now=now)
    return Response(status_code=204)


async def _read(request: Request, console_url: str) -> Call:
    """The address as the caller has it: a proxy before us may have written it anew."""
    base = console_url.rstrip("/") or str(request.base_url).rstrip("/")
    query = f"?{request.url.query}" if request.url.query else ""
    return Call(
        url=f"{base}{request.url.path}{query}",
        query=dict(request.query_params),
        headers=request.headers,
        form=await _fields(request),
    )


async def _fields(request: Request) -> Mapping[str, str]:
    """Of a form or of a JSON object; nothing of anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip() == _FORM:
        form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
        return {name: value for name, value in form.items() if isinstance(value, str)}
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or len(found) > _MOST_FIELDS:
        return {}
    return {
        str(name): str(value)
        for name, value in found.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }


def _must_not_be_too_often(resources: Resources, who: str, most: int) -> None:
    wait = resources.rates.must_wait(who, most=most, now=resources.now())
    if wait is not None:
        seconds = math.ceil(wait.total_seconds())
        raise TooManyError("Too many calls. Try again later.", retry_after_s=seconds)
