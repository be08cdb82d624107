"""`/ladders`: who is told when, where a step finds nobody, and what would happen now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.approvals.places.queries import choices
from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.ladders import changing, listing, previewing, words
from services.api.ladders.routes import LadderId
from services.api.ladders.schemas import LadderIn, LadderOut, PreviewOut, StepOut, StepsIn
from services.api.problems import MissingError, RequestError
from services.api.resources import Given, Resources
from shared.domain.access import Action
from shared.domain.states import Severity

router = APIRouter()
#: Rows for steps in a form; the API takes more.
ROWS: Final = 6
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed into the form, and why it was refused."""

    typed: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def status(self) -> int:
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.fault else HTTPStatus.OK


@router.get("/ladders")
async def ladders(
    request: Request,
    viewer: Viewer,
    resources: Given,
    facility: Annotated[str, Query(max_length=200)] = "",
    severity: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """With a facility: who would be told of it, and when, if something stopped there now."""
    asked = severity if severity in set(Severity) else Severity.WARNING
    seen = None
    if facility:
        seen = await previewing.preview(resources, viewer, facility, Severity(asked), None)
    return await _overview(request, viewer, resources, Asked(), seen, asked)


async def _overview(
    request: Request,
    viewer: Caller,
    resources: Resources,
    asked: Asked,
    seen: PreviewOut | None = None,
    severity: str = Severity.WARNING,
) -> Response:
    known = await listing.page(resources, viewer, before=None, limit=_MOST)
    manages = viewer.scope(Action.MANAGE_LADDERS)
    async with reading(resources, viewer) as connection:
        places = await choices(connection, manages)
        watched = await choices(connection, viewer.scope(Action.WATCH))
    own = frame(request, viewer, now=resources.now())
    return page(
        own,
        "ladders.html",
        status=asked.status,
        ladders=known,
        seen=seen,
        severity=severity,
        facilities=[one for one in watched if one.value.startswith("facility:")],
        places=places,
        is_everywhere=manages.is_everywhere,
        asked=asked,
        steps=_typed_steps(asked.typed),
        said=words,
    )


@router.post("/ladders")
async def begin(request: Request, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    try:
        kind, _, code = typed.get("place", "").partition(":")
        named = {kind: code} if kind in {"facility", "unit"} else {}
        kept = {name: typed[name] for name in ("name", "severity", "zone_kind") if name in typed}
        given = LadderIn.model_validate({**kept, **named, "steps": _steps(typed)})
        await changing.begin(resources, viewer, given)
    except (ValidationError, RequestError) as refusal:
        fault = words.told(refusal, frame(request, viewer).translator)
        return await _overview(request, viewer, resources, Asked(typed, fault))
    return RedirectResponse("/ladders", HTTPStatus.SEE_OTHER)


@router.get("/ladders/{ladder}")
async def one(request: Request, ladder_id: LadderId, viewer: Viewer, resources: Given) -> Response:
    """The form that changes it; whoever may not is led to the list."""
    known = await listing.one(resources, viewer, ladder_id)
    if not known.may_change:
        return RedirectResponse("/ladders", HTTPStatus.SEE_OTHER)
    return _sheet(request, viewer, known, Asked(_as_typed(known)))


@router.post("/ladders/{ladder}")
async def change(
    request: Request, ladder_id: LadderId, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    try:
        kept = {"name": typed["name"]} if "name" in typed else {}
        given = StepsIn.model_validate({**kept, "steps": _steps(typed)})
        await changing.change(resources, viewer, ladder_id, given)
    except (ValidationError, RequestError) as refusal:
        fault = words.told(refusal, frame(request, viewer).translator)
        known = await listing.one(resources, viewer, ladder_id)
        return _sheet(request, viewer, known, Asked(typed, fault))
    return RedirectResponse("/ladders", HTTPStatus.SEE_OTHER)


@router.post("/ladders/{ladder}/end")
async def end(request: Request, ladder_id: LadderId, viewer: Viewer, resources: Given) -> Response:
    try:
        await changing.end(resources, viewer, ladder_id)
    except MissingError:
        raise
    except RequestError as refusal:
        fault = words.told(refusal, frame(request, viewer).translator)
        return await _overview(request, viewer, resources, Asked(fault=fault))
    return RedirectResponse("/ladders", HTTPStatus.SEE_OTHER)


def _sheet(request: Request, viewer: Caller, known: LadderOut, asked: Asked) -> Response:
    return page(
        frame(request, viewer),
        "ladder.html",
        status=asked.status,
        ladder=known,
        asked=asked,
        steps=_typed_steps(asked.typed),
        said=words,
    )


def _typed_steps(typed: Mapping[str, str]) -> list[dict[str, str]]:
    """A row each, as many as were typed and some more."""
    filled = sum(f"role_{number}" in typed for number in range(1, 21))
    names = ("role", "after", "hours", "channels", "needs_all", "repeat")
    return [
        {name: typed.get(f"{name}_{number}", "") for name in names}
        for number in range(1, max(ROWS, min(filled + 1, 20)) + 1)
    ]


def _steps(typed: Mapping[str, str]) -> list[dict[str, object]]:
    """As the API takes it, from minutes; a row without a role is none."""
    return [
        {
            "role": row["role"],
            "after_s": _seconds(row["after"] or "0"),
            "hours": row["hours"] or "any",
            "channels": (row["channels"] or "email").split(","),
            "needs_all": bool(row["needs_all"]),
            "repeat_s": _seconds(row["repeat"]) if row["repeat"] else None,
        }
        for row in _typed_steps(typed)
        if row["role"]
    ]


def _seconds(minutes: str) -> float | str:
    """What is no number is left to the check."""
    try:
        return round(float(minutes.replace(",", ".")) * 60)
    except (ValueError, OverflowError):
        return minutes


def _as_typed(known: LadderOut) -> dict[str, str]:
    typed = {"name": known.name}
    for number, step in enumerate(known.steps, start=1):
        typed |= {f"{name}_{number}": text for name, text in _row(step).items() if text}
    return typed


def _row(step: StepOut) -> dict[str, str]:
    return {
        "role": step.role,
        "after": f"{round(step.after_s / 60, 2):g}",
        "hours": step.hours,
        "channels": ",".join(step.channels),
        "needs_all": "on" if step.needs_all else "",
        "repeat": "" if step.repeat_s is None else f"{round(step.repeat_s / 60, 2):g}",
    }
