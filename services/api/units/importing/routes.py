"""`/units/imports`: units, successions, authorities, competences and assignments from sheets."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile

from services.api.access.caller import Caller, CallerGiven
from services.api.access.transactions import changing, reading
from services.api.openapi import problems
from services.api.problems import Fault, InvalidError, RequestError
from services.api.resources import Given, Resources
from services.api.units.importing import bringing_in
from services.api.units.importing.bringing_in import Outcome
from services.api.units.schemas import ImportOut, RowFaultOut, SheetOut
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)
router = APIRouter(prefix="/units/imports", tags=["units"])

#: More are of no use to whoever reads them.
MOST_FAULTS = 100
Files = Annotated[
    list[UploadFile], File(alias="file", description="CSV; the first line tells which sheet it is")
]


class SheetsFaultyError(RequestError):
    """Something is wrong with the sheets; nothing of them was written."""

    status = InvalidError.status
    code = "sheets_faulty"


@router.post("", operation_id="import_units", responses=problems(401, 403, 422))
async def import_units(
    files: Files,
    caller: CallerGiven,
    resources: Given,
    dry_run: Annotated[bool, Query(description="Only say what would be done")] = False,  # noqa: FBT002 - a query parameter
) -> ImportOut:
    """Bring sheets in: all of them, or, if anything is wrong, none. Repeating changes nothing.

    What they look like: `shared/data/units/README.md`.
    """
    texts = await texts_of(files)
    if dry_run:
        return await try_out(resources, caller, texts)
    done = await bring_in(resources, caller, texts)
    if done.faults:
        raise SheetsFaultyError(
            f"{len(done.faults)} faults; nothing was written.",
            faults=[
                Fault(field=f"{f.file}:{f.line} {f.column}".strip(), wrong=f.wrong, advice=f.advice)
                for f in done.faults[:MOST_FAULTS]
            ],
        )
    return done


async def texts_of(files: Sequence[UploadFile]) -> dict[str, str]:
    """By name; two of one name are told apart."""
    texts: dict[str, str] = {}
    for number, file in enumerate(files, 1):
        name = file.filename or "sheet"
        texts[name if name not in texts else f"{name} ({number})"] = await _text(file)
    return texts


async def _text(file: UploadFile) -> str:
    try:
        text = (await file.read()).decode()
    except UnicodeDecodeError as exc:
        raise InvalidError("body.file", "It is no UTF-8 text.", "Save it as CSV UTF-8.") from exc
    if "\x00" in text:
        raise InvalidError("body.file", "It holds a NUL character.", "Save it as CSV UTF-8.")
    return text


async def try_out(resources: Resources, caller: Caller, files: dict[str, str]) -> ImportOut:
    scope = caller.must_be_able_to_somewhere(Action.MANAGE_UNITS)
    async with reading(resources, caller) as connection:
        outcome = await bringing_in.try_out(connection, files, scope, now=resources.now())
    return _out(outcome, is_written=False)


async def bring_in(resources: Resources, caller: Caller, files: dict[str, str]) -> ImportOut:
    """What was done is on record with its counts."""
    scope = caller.must_be_able_to_somewhere(Action.MANAGE_UNITS)
    deed = Deed(Verb.CREATE, Subject.IMPORT, "units")
    async with changing(resources, caller, deed) as connection:
        outcome = await bringing_in.bring_in(
            connection, files, scope, by=caller.trail.actor, now=resources.now()
        )
        deed.detail.update({c.kind.value: c.added + c.changed for c in outcome.counts})
        deed.detail["faults"] = len(outcome.faults)
    log.info("units_imported", **deed.detail)
    return _out(outcome, is_written=not outcome.faults)


def _out(outcome: Outcome, *, is_written: bool) -> ImportOut:
    return ImportOut(
        is_written=is_written,
        sheets=[
            SheetOut(sheet=c.kind, added=c.added, changed=c.changed, unchanged=c.unchanged)
            for c in outcome.counts
        ],
        faults=[
            RowFaultOut(
                file=f.at.file, line=f.at.line, column=f.column, wrong=f.wrong, advice=f.advice
            )
            for f in outcome.faults
        ],
    )
