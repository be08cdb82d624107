"""`/templates` in the console: whose words count, and changing, previewing and trying them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading as reading_rows
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.problems import RequestError
from services.api.resources import Given, Resources
from services.api.templates import changing, previewing, queries, reading, trying, words
from services.api.templates.queries import Province
from services.api.templates.reading import About
from services.api.templates.routes import AboutGiven, Unit
from services.api.templates.schemas import WordsIn
from shared.domain.access import Action
from shared.domain.templates import Words

router = APIRouter()
_ONE = "/templates/{kind}/{channel}/{language}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands in the form, what came of it, and what is wrong with it."""

    typed: Words | None = None
    faults: Sequence[str] = ()
    said: str = ""

    @property
    def status(self) -> int:
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.faults else HTTPStatus.OK


@router.get("/templates")
async def templates(
    request: Request, viewer: Viewer, resources: Given, unit: Unit = None
) -> Response:
    """Whoever has one province only is led to it."""
    provinces = await _provinces(resources, viewer)
    is_everywhere = viewer.scope(Action.MANAGE_TEMPLATES).is_everywhere
    if unit is None and not is_everywhere and provinces:
        unit = provinces[0].code
    known = await reading.listed(resources, viewer, unit)
    return page(
        frame(request, viewer),
        "templates.html",
        known={(one.kind, one.channel, one.language): one for one in known},
        provinces=provinces,
        is_everywhere=is_everywhere,
        unit=unit,
        query=_query(unit),
        said=words,
    )


@router.get(_ONE)
async def one(
    request: Request,
    about: AboutGiven,
    viewer: Viewer,
    resources: Given,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    t = frame(request, viewer).translator
    said = t.gettext(words.DONE[done]) if done in words.DONE else ""
    return await _sheet(request, viewer, resources, about, Sheet(said=said))


@router.post(_ONE)
async def save(
    request: Request, about: AboutGiven, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    given = _given(typed)
    if given is None:
        return await _unreadable(request, viewer, resources, about, typed)
    try:
        await changing.put(resources, viewer, about, given)
    except RequestError as refusal:
        return await _refused(request, viewer, resources, about, (given, refusal))
    return _back(about, "saved")


@router.post(_ONE + "/preview")
async def preview(
    request: Request, about: AboutGiven, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    """The same page, with what was typed and how it would look; nothing is kept."""
    given = _given(typed)
    if given is None:
        return await _unreadable(request, viewer, resources, about, typed)
    return await _sheet(request, viewer, resources, about, Sheet(typed=given))


@router.post(_ONE + "/test")
async def test(
    request: Request, about: AboutGiven, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    """The same page, because what was typed need not be saved yet."""
    given = _given(typed)
    if given is None:
        return await _unreadable(request, viewer, resources, about, typed)
    try:
        sent = await trying.send(resources, viewer, about, given)
    except RequestError as refusal:
        return await _refused(request, viewer, resources, about, (given, refusal))
    t = frame(request, viewer).translator
    said = t.gettext("A test is on its way to %(to)s, and to nobody else.", to=sent.to)
    return await _sheet(request, viewer, resources, about, Sheet(typed=given, said=said))


@router.post(_ONE + "/remove")
async def remove(about: AboutGiven, viewer: Viewer, resources: Given) -> Response:
    await changing.remove(resources, viewer, about)
    return _back(about, "removed")


async def _sheet(
    request: Request, viewer: Caller, resources: Resources, about: About, sheet: Sheet
) -> Response:
    """With how the words look, if they can be used."""
    known = await reading.one(resources, viewer, about)
    written = sheet.typed or Words(known.subject, known.body)
    own = frame(request, viewer)
    faults, seen = list(sheet.faults), None
    try:
        seen = previewing.preview(resources, viewer, about, written)
    except RequestError as refusal:
        faults = faults or words.faults(refusal, own.translator)
    return page(
        own,
        "template.html",
        status=Sheet(faults=faults).status,
        template=known,
        address=f"/templates/{about}",
        query=_query(about.unit),
        place=await _place(resources, viewer, about.unit),
        written=written,
        seen=seen,
        faults=faults,
        done=sheet.said,
        said=words,
    )


async def _refused(
    request: Request,
    viewer: Caller,
    resources: Resources,
    about: About,
    refused: tuple[Words, RequestError],
) -> Response:
    given, refusal = refused
    faults = words.faults(refusal, frame(request, viewer).translator)
    return await _sheet(request, viewer, resources, about, Sheet(typed=given, faults=faults))


async def _unreadable(
    request: Request,
    viewer: Caller,
    resources: Resources,
    about: About,
    typed: Mapping[str, str],
) -> Response:
    """What was typed stands in the form again, as it was."""
    fault = frame(request, viewer).translator.gettext(words.UNREADABLE)
    given = Words(typed.get("subject", ""), typed.get("body", ""))
    return await _sheet(request, viewer, resources, about, Sheet(typed=given, faults=[fault]))


def _given(typed: Mapping[str, str]) -> Words | None:
    """Nothing for what no message could hold."""
    try:
        return WordsIn(subject=typed.get("subject", ""), body=typed.get("body", "")).words
    except ValidationError:
        return None


async def _provinces(resources: Resources, viewer: Caller) -> Sequence[Province]:
    async with reading_rows(resources, viewer) as connection:
        scope = viewer.must_be_able_to_somewhere(Action.MANAGE_TEMPLATES)
        return await queries.provinces(connection, scope)


async def _place(resources: Resources, viewer: Caller, unit: str | None) -> str | None:
    """By its name, if it is a province."""
    names = {one.code: one.name for one in await _provinces(resources, viewer)}
    return None if unit is None else names.get(unit, unit)


def _query(unit: str | None) -> str:
    return "" if unit is None else "?" + urlencode({"unit": unit})


def _back(about: About, done: str) -> Response:
    asked = {"unit": about.unit} if about.unit is not None else {}
    query = urlencode({**asked, "done": done})
    return RedirectResponse(f"/templates/{about}?{query}", HTTPStatus.SEE_OTHER)
