"""`/imports`: send a sheet, look at what it means, put it on record, stop, go on, undo."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Query, Response, UploadFile

from services.api.access.caller import Caller, CallerGiven
from services.api.access.transactions import reading
from services.api.credentials import pack
from services.api.imports import keeping, packs, queries, telling
from services.api.imports.handlers.known import HANDLERS
from services.api.imports.schemas import ColumnOut, JobOut, RowOut, WishIn
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given, Resources
from shared.domain.bulk import Kind, RowState
from shared.i18n import translator

router = APIRouter(prefix="/imports", tags=["imports"])
JobId = Annotated[int, Path(alias="id", ge=1, lt=2**63)]


@router.get("/kinds/{kind}", operation_id="read_import_kind", responses=problems(401, 422))
async def read_kind(kind: Kind, caller: CallerGiven) -> list[ColumnOut]:
    """The columns that a sheet may have."""
    del caller  # whoever is logged in may know
    return telling.columns_out(HANDLERS[kind], translator("en"))


@router.get("", operation_id="list_imports", responses=problems(401, 422))
async def list_imports(caller: CallerGiven, resources: Given, paging: PagingGiven) -> Page[JobOut]:
    """The imports that you began, the newest first."""
    async with reading(resources, caller) as connection:
        jobs = await queries.of_user(
            connection, caller.user_id, before=paging.before_moment(), limit=paging.fetch
        )
        counts = await queries.counts(connection, [job.id for job in jobs])
    return paging.page(
        jobs,
        lambda job: telling.job_out(job, counts[job.id]),
        lambda job: (job.created_at, job.id),
    )


@router.post(
    "",
    status_code=202,
    operation_id="begin_import",
    responses=problems(400, 401, 403, 413, 422),
)
async def begin(
    caller: CallerGiven,
    resources: Given,
    kind: Annotated[Kind, Form()],
    file: Annotated[UploadFile, File(description="CSV, UTF-8; comma, semicolon or tab")],
    response: Response,
) -> JobOut:
    """Send a sheet. It is checked in the background; nothing is put on record before you say so."""
    job_id = await keeping.begin(resources, caller, HANDLERS[kind], file)
    response.headers["Location"] = f"/api/v1/imports/{job_id}"
    return await _told(resources, caller, job_id)


@router.get("/{id}", operation_id="read_import", responses=problems(401, 404, 422))
async def read(job_id: JobId, caller: CallerGiven, resources: Given) -> JobOut:
    """How far an import has come."""
    return await _told(resources, caller, job_id)


@router.post("/{id}/wish", operation_id="change_import", responses=problems(401, 404, 409, 422))
async def wish(job_id: JobId, given: WishIn, caller: CallerGiven, resources: Given) -> JobOut:
    """Commit, stop, resume, undo or discard; the rows follow in the background."""
    await keeping.wish(resources, caller, job_id, given.wish)
    return await _told(resources, caller, job_id)


@router.get("/{id}/rows", operation_id="list_import_rows", responses=problems(401, 404, 422))
async def list_rows(
    job_id: JobId,
    caller: CallerGiven,
    resources: Given,
    state: Annotated[list[RowState] | None, Query()] = None,
    after: Annotated[int, Query(ge=0, lt=2**31, description="Lines after this one")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[RowOut]:
    """Rows by line, with what they mean, what is wrong with them, and what became of them."""
    async with reading(resources, caller) as connection:
        job = await keeping.theirs(connection, caller, job_id)
        rows = await queries.rows(connection, job_id, state or (), after=after, limit=limit)
    handler, t = HANDLERS[job.kind], translator("en")
    return [telling.row_out(row, handler, t) for row in rows]


@router.post(
    "/{id}/credentials",
    operation_id="take_import_credentials",
    response_class=Response,
    responses={**problems(401, 404, 409, 422), 200: {"content": {"text/csv": {}}}},
)
async def take_credentials(job_id: JobId, caller: CallerGiven, resources: Given) -> Response:
    """The credentials of the devices registered, as CSV. They are shown this once."""
    entries = await packs.hand_out(resources, caller, job_id)
    return sheet_of(pack.as_csv(entries), f"credentials-{job_id}")


def sheet_of(content: bytes, name: str) -> Response:
    return Response(
        content,
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "no-store",
        },
    )


async def _told(resources: Resources, caller: Caller, job_id: int) -> JobOut:
    async with reading(resources, caller) as connection:
        job = await keeping.theirs(connection, caller, job_id)
        counts = await queries.counts(connection, [job_id])
    return telling.job_out(job, counts[job_id])
