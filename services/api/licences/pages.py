"""`/facilities/{code}/registry`: what the law says of a facility, and forms to put it on record."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from services.api.console.forms import Typed
from services.api.console.frames import frame
from services.api.console.viewer import Viewer
from services.api.documents import keeping
from services.api.documents.answering import attachment
from services.api.documents.queries import Paper
from services.api.documents.routes import DocumentId
from services.api.facilities import entering
from services.api.facilities import routes as facilities
from services.api.facilities.schemas import FacilityChange
from services.api.inputs import FacilityCode
from services.api.licences import changing, mistakes
from services.api.licences.routes import RecordId
from services.api.licences.schemas import CheckIn, FactIn, WithdrawalIn
from services.api.licences.sheet import Asked, sheet
from services.api.problems import InvalidError, RequestError
from services.api.resources import Given
from shared.domain.conditions import OperatingCondition

router = APIRouter(prefix="/facilities/{code}")


@router.get("/registry")
async def registry(
    request: Request,
    code: FacilityCode,
    viewer: Viewer,
    resources: Given,
    as_of: Annotated[date | None, Query()] = None,
) -> Response:
    return await sheet(request, viewer, resources, code, Asked(as_of=as_of))


@router.post("/registry")
async def change(
    request: Request, code: FacilityCode, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    try:
        wanted = FacilityChange.model_validate(entering.fields_of(typed))
        await facilities.change(code, wanted, viewer, resources)
    except (ValidationError, RequestError) as refusal:
        told = mistakes.words_of(refusal, frame(request, viewer).translator)
        return await sheet(request, viewer, resources, code, Asked(None, typed, {"change": told}))
    return _back(code)


@router.post("/facts")
async def add_fact(
    request: Request, code: FacilityCode, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    try:
        await changing.add_fact(resources, viewer, code, FactIn.model_validate(typed))
    except (ValidationError, RequestError) as refusal:
        told = mistakes.words_of(refusal, frame(request, viewer).translator)
        kind = typed.get("kind", "")
        return await sheet(request, viewer, resources, code, Asked(None, typed, {kind: told}))
    return _back(code, "history")


@router.post("/facts/{id}/withdraw")
async def withdraw_fact(
    request: Request,
    code: FacilityCode,
    fact_id: RecordId,
    viewer: Viewer,
    resources: Given,
    typed: Typed,
) -> Response:
    try:
        because = WithdrawalIn.model_validate(typed).because
        await changing.withdraw_fact(resources, viewer, code, fact_id, because=because)
    except (ValidationError, RequestError) as refusal:
        told = mistakes.words_of(refusal, frame(request, viewer).translator)
        return await sheet(request, viewer, resources, code, Asked(faults={"history": told}))
    return _back(code, "history")


@router.post("/condition-checks")
async def add_check(
    request: Request, code: FacilityCode, viewer: Viewer, resources: Given, typed: Typed
) -> Response:
    """What was left open was not checked."""
    results = [
        {"condition": one, "finding": typed[one], "note": typed.get(f"{one}_note", "")}
        for one in OperatingCondition
        if one in typed
    ]
    try:
        check = CheckIn.model_validate({**typed, "results": results})
        await changing.add_check(resources, viewer, code, check)
    except (ValidationError, RequestError) as refusal:
        told = mistakes.words_of(refusal, frame(request, viewer).translator)
        return await sheet(request, viewer, resources, code, Asked(None, typed, {"check": told}))
    return _back(code, "conditions")


@router.post("/documents")
async def add_document(
    request: Request, code: FacilityCode, viewer: Viewer, resources: Given
) -> Response:
    try:
        async with request.form(max_files=1) as form:
            upload = form.get("file")
            if not isinstance(upload, UploadFile):
                raise InvalidError("body.file", "It is missing.", "Choose a file.")
            scan = await keeping.scan_of(upload)
            title = str(form.get("title", "")).strip() or (upload.filename or "")
            fact = str(form.get("fact", ""))
        paper = Paper(
            mistakes.title_of(title), int(fact) if fact.isdecimal() and len(fact) < 19 else None
        )
        await keeping.add(resources, viewer, code, paper, scan)
    except (ValidationError, RequestError) as refusal:
        told = mistakes.words_of(refusal, frame(request, viewer).translator)
        return await sheet(request, viewer, resources, code, Asked(faults={"document": told}))
    return _back(code, "documents")


@router.get("/documents/{id}")
async def document(
    code: FacilityCode, document_id: DocumentId, viewer: Viewer, resources: Given
) -> Response:
    return attachment(await keeping.hand_out(resources, viewer, code, document_id))


@router.post("/documents/{id}/remove")
async def remove_document(
    code: FacilityCode, document_id: DocumentId, viewer: Viewer, resources: Given
) -> Response:
    await keeping.remove(resources, viewer, code, document_id)
    return _back(code, "documents")


def _back(code: str, part: str = "") -> Response:
    address = f"/facilities/{code}/registry" + (f"#{part}" if part else "")
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)
