"""`/imports`: sheets with many rows, on pages: send, look, put on record, stop, go on, undo."""

import contextlib
import csv
import io
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.console.forms import Typed
from services.api.console.frames import SELDOM, frame
from services.api.console.render import page
from services.api.console.viewer import Viewer
from services.api.credentials import pack
from services.api.imports import keeping, packs, queries, telling, words
from services.api.imports.handlers.known import HANDLERS
from services.api.imports.reading import SheetError
from services.api.imports.routes import JobId, sheet_of
from services.api.problems import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    RequestError,
    TooLargeError,
)
from services.api.resources import Given, Resources
from shared.domain.bulk import WORK, Kind, RowState, Wish
from shared.i18n import Translator, marked

router = APIRouter(prefix="/imports")
SHOWN: Final = 200
JOBS_SHOWN: Final = 20
WORKING: Final = timedelta(seconds=1)
#: Which rows one most wants to see, by tab.
TABS: Final[Mapping[str, tuple[str, tuple[RowState, ...]]]] = {
    "trouble": (
        marked("With something wrong"), (RowState.FAULTY, RowState.FAILED, RowState.KEPT),
    ),
    "all": (marked("All rows"), ()),
}  # fmt: skip


@router.get("")
async def imports(request: Request, viewer: Viewer, resources: Given) -> Response:
    return await _sheet(request, viewer, resources, {})


@router.get("/sheets/{kind}")
async def template(kind: Kind, viewer: Viewer) -> Response:
    """An example to fill in, as Excel opens it."""
    del viewer  # whoever is logged in may know
    columns = HANDLERS[kind].columns
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow([column.name for column in columns])
    writer.writerow([column.example for column in columns])
    return sheet_of(sheet.getvalue().encode("utf-8-sig"), f"giamsat-{kind}")


@router.post("")
async def begin(request: Request, viewer: Viewer, resources: Given) -> Response:
    try:
        async with request.form(max_files=1) as form:
            kind, upload = str(form.get("kind", "")), form.get("file")
            if kind not in set(Kind) or not isinstance(upload, UploadFile):
                raise InvalidError("body.file", "It is missing.", "Choose a file.")
            job_id = await keeping.begin(resources, viewer, HANDLERS[Kind(kind)], upload)
    except ForbiddenError:
        raise
    except RequestError as refusal:
        told = _told(refusal, frame(request, viewer).translator)
        return await _sheet(request, viewer, resources, {kind: told})
    return RedirectResponse(f"/imports/{job_id}", HTTPStatus.SEE_OTHER)


@router.get("/{id}")
async def one(
    request: Request,
    job_id: JobId,
    viewer: Viewer,
    resources: Given,
    rows: Annotated[str, Query()] = "",
    after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
) -> Response:
    now = resources.now()
    async with reading(resources, viewer) as connection:
        job = await keeping.theirs(connection, viewer, job_id)
        counts = await queries.counts(connection, [job_id])
        told = telling.job_out(job, counts[job_id])
        has_trouble = any(n.state in TABS["trouble"][1] for n in told.counts)
        tab = rows if rows in TABS else "trouble" if has_trouble else "all"
        found = await queries.rows(connection, job_id, TABS[tab][1], after=after, limit=SHOWN + 1)
        has_packs = await queries.has_packs(connection, job_id)
    is_working = job.state in WORK
    own = frame(request, viewer, now=now, refresh=WORKING if is_working else SELDOM)
    handler = HANDLERS[job.kind]
    return page(
        own,
        "import.html",
        job=told,
        is_working=is_working,
        words_=words,
        rows=[telling.row_out(row, handler, own.translator) for row in found[:SHOWN]],
        more_after=found[SHOWN - 1].n if len(found) > SHOWN else None,
        labels={column.name: column.label for column in handler.columns},
        tab=tab,
        tabs=TABS,
        has_packs=has_packs,
    )


@router.post("/{id}/wish")
async def wish(job_id: JobId, viewer: Viewer, resources: Given, typed: Typed) -> Response:
    """What was done meanwhile is shown, not told as a mistake."""
    if typed.get("wish") not in set(Wish):
        raise InvalidError("body.wish", "There is no such wish.", "Choose one of the buttons.")
    with contextlib.suppress(ConflictError):
        await keeping.wish(resources, viewer, job_id, Wish(typed["wish"]))
    return RedirectResponse(f"/imports/{job_id}", HTTPStatus.SEE_OTHER)


@router.post("/{id}/credentials")
async def credentials(
    request: Request, job_id: JobId, viewer: Viewer, resources: Given
) -> Response:
    """To be printed, and as a table; both this once."""
    entries = await packs.hand_out(resources, viewer, job_id)
    return await pack.sheet(frame(request, viewer), entries, back=f"/imports/{job_id}")


@router.get("/{id}/credentials")
async def shown_once(job_id: JobId, _: Viewer) -> Response:
    """Loaded anew, what was shown once leads back to the import."""
    return RedirectResponse(f"/imports/{job_id}", HTTPStatus.SEE_OTHER)


def _told(refusal: RequestError, t: Translator) -> str:
    if isinstance(refusal.__cause__, SheetError):
        return " ".join(refusal.__cause__.told(t))
    if isinstance(refusal, TooLargeError):
        return t.gettext("The file is too large: at most 10 MB.")
    return t.gettext("Choose a file.")


async def _sheet(
    request: Request, viewer: Caller, resources: Resources, faults: Mapping[str, str]
) -> Response:
    now = resources.now()
    kinds = [
        kind for kind, handler in HANDLERS.items() if not viewer.scope(handler.needs).is_nowhere
    ]
    if not kinds:
        raise ForbiddenError("None of your roles allows this.")
    async with reading(resources, viewer) as connection:
        jobs = await queries.of_user(connection, viewer.user_id, before=None, limit=JOBS_SHOWN)
        counts = await queries.counts(connection, [job.id for job in jobs])
    own = frame(request, viewer, now=now)
    return page(
        own,
        "imports.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        jobs=[telling.job_out(job, counts[job.id]) for job in jobs],
        kinds=kinds,
        columns={kind: telling.columns_out(HANDLERS[kind], own.translator) for kind in kinds},
        labels={
            kind: {column.name: column.label for column in HANDLERS[kind].columns} for kind in kinds
        },
        words_=words,
        faults=faults,
    )
