"""`/facilities/{code}/documents`: list, add, read, hand out, remove."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Path, Response, UploadFile

from services.api.access.caller import CallerGiven
from services.api.documents import keeping
from services.api.documents.answering import attachment
from services.api.documents.kinds import ENDINGS
from services.api.documents.queries import Paper
from services.api.documents.schemas import DocumentOut
from services.api.inputs import FacilityCode, Name
from services.api.openapi import problems
from services.api.resources import Given

router = APIRouter(prefix="/facilities/{code}/documents", tags=["documents"])
DocumentId = Annotated[int, Path(alias="id", ge=1, lt=2**63)]
_Number = Annotated[int, Form(ge=1, lt=2**63)]
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in ENDINGS}, "description": "The file"}
}


@router.get("", operation_id="list_documents", responses=problems(401, 403, 404))
async def list_documents(
    code: FacilityCode, caller: CallerGiven, resources: Given
) -> list[DocumentOut]:
    """The scans kept of a facility's papers, the newest first."""
    return list(await keeping.listed(resources, caller, code))


@router.post(
    "",
    status_code=201,
    operation_id="add_document",
    responses=problems(400, 401, 403, 404, 409, 413, 422),
)
async def add(  # noqa: PLR0913, PLR0917 - each is a field of the form
    code: FacilityCode,
    caller: CallerGiven,
    resources: Given,
    file: Annotated[UploadFile, File(description="PDF, JPEG, PNG or WebP, up to 10 MiB")],
    title: Annotated[Name, Form()],
    fact: Annotated[_Number | None, Form(description="Of which fact it is the paper")] = None,
    check: Annotated[_Number | None, Form(description="Of which check")] = None,
) -> DocumentOut:
    """Keep a scan. It is stored as it is, and handed out only as a file to save."""
    scan = await keeping.scan_of(file)
    return await keeping.add(resources, caller, code, Paper(title, fact, check), scan)


@router.get(
    "/{id}/content",
    operation_id="read_document",
    response_class=Response,
    responses={**problems(401, 403, 404), **_CONTENT},
)
async def content(
    code: FacilityCode, document_id: DocumentId, caller: CallerGiven, resources: Given
) -> Response:
    """The file. That it was read goes on record first."""
    return attachment(await keeping.hand_out(resources, caller, code, document_id))


@router.delete(
    "/{id}",
    status_code=204,
    operation_id="remove_document",
    response_class=Response,
    responses=problems(401, 403, 404),
)
async def remove(
    code: FacilityCode, document_id: DocumentId, caller: CallerGiven, resources: Given
) -> None:
    """Remove what was put here by mistake: its content goes, the line stays."""
    await keeping.remove(resources, caller, code, document_id)
