"""`/facilities/{code}/coverage`: what is known of every second."""

import asyncio
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.coverage import picture, queries
from services.api.coverage.facts import Record
from services.api.coverage.schemas import CoverageOut
from services.api.coverage.window import window
from services.api.inputs import FacilityCode
from services.api.openapi import problems, schema_of
from services.api.resources import Given

router = APIRouter(prefix="/facilities/{code}/coverage", tags=["coverage"])

From = Annotated[AwareDatetime | None, Query(alias="from", description="Default: 24 h before `to`")]
To = Annotated[AwareDatetime | None, Query(alias="to", description="Default: now")]
AsKnownAt = Annotated[
    AwareDatetime | None,
    Query(
        description="Excused is only what had been approved until then; absent: as known now. "
        "Of evidence the answer is always that of now; see `/gaps` for what was missing then"
    ),
]


@router.get(
    "",
    operation_id="coverage",
    response_class=Response,
    responses={
        **problems(401, 404, 422),
        200: {"content": {"application/json": {"schema": schema_of(CoverageOut)}}},
    },
)
async def coverage(
    code: FacilityCode,
    caller: CallerGiven,
    resources: Given,
    from_at: From = None,
    to_at: To = None,
    excused_as_known_at: AsKnownAt = None,
) -> Response:
    """Every second is one of covered, impaired (devices only), gap, unknown and not required.

    Covered time is proven (signed by the device's own key, just now), live or late.
    Unknown means that the platform could not know: it was blind, or it is behind. Not required
    (zones only) is time outside the hours of a calendar, or before anything was required.
    A window has 31 days at most.
    """
    asked = window(from_at, to_at, now=resources.now())
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        record = await queries.record(connection, facility, asked, as_known_at=excused_as_known_at)
    # A month of a restless facility is seconds of work; others are answered meanwhile.
    body = await asyncio.to_thread(_encoded, facility.code, record, asked)
    return Response(body, media_type="application/json")


def _encoded(facility: str, record: Record, asked: tuple[datetime, datetime]) -> bytes:
    return msgspec.json.encode(picture.coverage(facility, record, asked))
