"""Takes a sheet in, and takes what a person wants of a job."""

import hashlib
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import UploadFile

from services.api.access.caller import Caller
from services.api.access.transactions import changing
from services.api.imports import queries
from services.api.imports.handling import Handler
from services.api.imports.queries import Job
from services.api.imports.reading import SheetError, read
from services.api.problems import ConflictError, InvalidError, MissingError, TooLargeError
from services.api.resources import Resources
from shared.domain.bulk import AFTER_WISH, JobState, Wish, wishes
from shared.domain.deeds import Deed, Subject, Verb
from shared.i18n import translator
from shared.runtime import logging

log = logging.get(__name__)
LARGEST = 10 * 1024 * 1024
_VERBS: Mapping[Wish, Verb] = {Wish.UNDO: Verb.UNDO, Wish.DISCARD: Verb.REMOVE}


async def begin(resources: Resources, caller: Caller, handler: Handler, upload: UploadFile) -> int:
    """The number of the job, which is being checked from now on. Nothing is put on record yet."""
    caller.must_be_able_to_somewhere(handler.needs)
    content = await upload.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise TooLargeError(f"A sheet may have {LARGEST} bytes. Send it in parts.")
    try:
        lines = read(content, [column.heading for column in handler.columns])
    except SheetError as refusal:
        raise InvalidError("body.file", *refusal.told(translator("en"))) from refusal
    rows = [(line, handler.key(line.given)) for line in lines]
    name = "".join(one for one in upload.filename or "" if one.isprintable())
    file = (name[:200], hashlib.sha256(content).digest())
    deed = Deed(Verb.REQUEST, Subject.IMPORT, handler.kind, detail={"rows": len(rows)})
    async with changing(resources, caller, deed) as connection:
        job_id = await queries.begin(
            connection, handler.kind, file, rows, by=caller.user_id, now=resources.now()
        )
    log.info("import_begun", job_id=job_id, kind=handler.kind, rows=len(rows))
    return job_id


async def wish(resources: Resources, caller: Caller, job_id: int, wanted: Wish) -> None:
    deed = Deed(_VERBS.get(wanted, Verb.CHANGE), Subject.IMPORT, str(job_id), detail={"to": wanted})
    async with changing(resources, caller, deed) as connection:
        job = await theirs(connection, caller, job_id)
        becomes = AFTER_WISH[job.state].get(wanted)
        if becomes is None:
            raise _not_now(job.state, wanted)
        if not await queries.wish(connection, job_id, (job.state, becomes), now=resources.now()):
            raise _not_now(job.state, wanted)
    log.info("import_moved", job_id=job_id, state=becomes)


async def theirs(connection: AsyncConnection, caller: Caller, job_id: int) -> Job:
    job = await queries.one(connection, job_id, caller.user_id)
    if job is None:
        raise MissingError("import")
    return job


def _not_now(state: JobState, wanted: Wish) -> ConflictError:
    possible = ", ".join(wishes(state)) or "nothing"
    return ConflictError(
        f"This import is {state}: it cannot {wanted} now. Possible: {possible}.", code="not_now"
    )
