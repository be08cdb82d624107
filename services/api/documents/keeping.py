"""Takes scans in, hands them out, and removes them; every look is on record before it is had."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import UploadFile

from services.api.access.caller import Caller
from services.api.access.find import locked_facility, seen_facility
from services.api.access.queries import Facility
from services.api.access.transactions import changing, disclosing, reading
from services.api.documents import queries
from services.api.documents.kinds import LARGEST, media_type_of
from services.api.documents.queries import Paper, Scan
from services.api.documents.schemas import DocumentOut
from services.api.problems import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    MissingError,
    TooLargeError,
)
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Handed:
    """A document with its content."""

    document: DocumentOut
    content: bytes


async def scan_of(upload: UploadFile) -> Scan:
    """Raises for what is too large, empty, or no scan."""
    content = await upload.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise TooLargeError(
            f"A document may have {LARGEST} bytes. Scan it in fewer dots per inch, or in parts."
        )
    media_type = media_type_of(content)
    if media_type is None:
        raise InvalidError(
            "body.file",
            "It is no PDF, JPEG, PNG or WebP." if content else "It is empty.",
            "Send a scan or a photograph in one of these formats.",
        )
    return Scan(content, media_type, hashlib.sha256(content).digest())


def may_add(caller: Caller, facility: Facility) -> bool:
    """Who may see documents there, and decides on the facility or has discovered it."""
    decides = caller.may(Action.LICENSE_FACILITY, facility)
    discovers = caller.may(Action.DISCOVER_FACILITY, facility)
    return caller.may(Action.SEE_DOCUMENTS, facility) and (decides or discovers)


async def add(
    resources: Resources, caller: Caller, code: str, paper: Paper, scan: Scan
) -> DocumentOut:
    now = resources.now()
    deed = Deed(Verb.CREATE, Subject.DOCUMENT, code, code, {"sha256": scan.sha256.hex()})
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.SEE_DOCUMENTS)
        if not may_add(caller, facility):
            raise ForbiddenError("Your role here does not allow this.")
        if not await queries.belongs(connection, facility.id, paper):
            raise MissingError("fact or check")
        known = await queries.same(connection, facility.id, scan.sha256)
        if known is not None:
            raise ConflictError(
                f"This file is kept already, as document {known}.", code="document_known"
            )
        document_id = await queries.add(
            connection, facility.id, paper, scan, by=caller.user_id, now=now
        )
        document = await _kept(connection, facility, document_id)
    log.info("document_added", facility=code, document_id=document_id, size=document.size)
    return document


async def hand_out(resources: Resources, caller: Caller, code: str, document_id: int) -> Handed:
    """That it exists is looked up first: nothing goes on record of what nobody could see."""
    async with reading(resources, caller) as connection:
        facility = await seen_facility(connection, code, caller)
        caller.must_be_able_to(Action.SEE_DOCUMENTS, facility)
        await _kept(connection, facility, document_id)
    deed = Deed(Verb.READ, Subject.DOCUMENT, f"{code}/{document_id}", code)
    async with disclosing(resources, caller, deed) as connection:
        document = await _kept(connection, facility, document_id)
        content = await queries.content(connection, facility.id, document_id)
    if content is None:
        raise MissingError("document")
    return Handed(document, content)


async def remove(resources: Resources, caller: Caller, code: str, document_id: int) -> None:
    deed = Deed(Verb.REMOVE, Subject.DOCUMENT, f"{code}/{document_id}", code)
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.LICENSE_FACILITY)
        document = await queries.one(connection, facility.id, document_id)
        if document is None:
            raise MissingError("document")
        await queries.remove(connection, document_id, by=caller.user_id, now=resources.now())
    log.info("document_removed", facility=code, document_id=document_id)


async def listed(resources: Resources, caller: Caller, code: str) -> Sequence[DocumentOut]:
    async with reading(resources, caller) as connection:
        facility = await seen_facility(connection, code, caller)
        caller.must_be_able_to(Action.SEE_DOCUMENTS, facility)
        return await queries.of_facility(connection, facility.id)


async def _kept(connection: AsyncConnection, facility: Facility, document_id: int) -> DocumentOut:
    document = await queries.one(connection, facility.id, document_id)
    if document is None or document.removed_at is not None:
        raise MissingError("document")
    return document
