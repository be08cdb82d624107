"""`/templates`: the words of what is told: list, read, set, take back, preview, try out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from services.api.access.caller import CallerGiven
from services.api.openapi import problems
from services.api.resources import Given
from services.api.templates import changing, previewing, reading, trying
from services.api.templates.reading import About
from services.api.templates.schemas import (
    Language,
    PreviewOut,
    SentTestOut,
    TemplateDetailOut,
    TemplateOut,
    TestIn,
    WordsIn,
)
from shared.domain.delivery import Channel, MessageKind

router = APIRouter(prefix="/templates", tags=["templates"])
_ONE = "/{kind}/{channel}/{language}"
Unit = Annotated[
    str | None,
    Query(min_length=1, max_length=200, description="Its code; absent: the whole country"),
]


def _about(
    kind: Annotated[MessageKind, Path()],
    channel: Annotated[Channel, Path()],
    language: Annotated[Language, Path()],
    unit: Unit = None,
) -> About:
    return About(kind, channel, language, unit)


AboutGiven = Annotated[About, Depends(_about)]


@router.get("", operation_id="list_templates", responses=problems(401, 403, 404, 422))
async def list_templates(
    caller: CallerGiven, resources: Given, unit: Unit = None
) -> list[TemplateOut]:
    """What is said for a unit, or the whole country: one for each kind, channel and language."""
    return await reading.listed(resources, caller, unit)


@router.get(_ONE, operation_id="read_template", responses=problems(401, 403, 404, 422))
async def read(about: AboutGiven, caller: CallerGiven, resources: Given) -> TemplateDetailOut:
    """With the names that may stand in it, the words we ship, and who changed it when."""
    return await reading.one(resources, caller, about)


@router.put(_ONE, operation_id="set_template", responses=problems(401, 403, 404, 422))
async def put(
    about: AboutGiven, given: WordsIn, caller: CallerGiven, resources: Given
) -> TemplateDetailOut:
    """From now on it is said so there; what was sent before stays as it was."""
    await changing.put(resources, caller, about, given.words)
    return await reading.one(resources, caller, about)


@router.delete(
    _ONE,
    status_code=204,
    operation_id="remove_template",
    response_class=Response,
    responses=problems(401, 403, 404, 422),
)
async def remove(about: AboutGiven, caller: CallerGiven, resources: Given) -> None:
    """Back to the words around it, or to those we ship; 404 if it had none of its own."""
    await changing.remove(resources, caller, about)


@router.post(
    _ONE + "/preview", operation_id="preview_template", responses=problems(401, 403, 404, 422)
)
async def preview(
    about: AboutGiven, given: WordsIn, caller: CallerGiven, resources: Given
) -> PreviewOut:
    """How words would look, filled with an incident that never was; nothing is kept."""
    return previewing.preview(resources, caller, about, given.words)


@router.post(
    _ONE + "/test",
    status_code=202,
    operation_id="test_template",
    responses=problems(401, 403, 404, 409, 422, 429),
)
async def test(
    about: AboutGiven, given: TestIn, caller: CallerGiven, resources: Given
) -> SentTestOut:
    """Send the words to yourself: to your own address, or one of your own telephones."""
    return await trying.send(resources, caller, about, given.words, telephone=given.telephone)
