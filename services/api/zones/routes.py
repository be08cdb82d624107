"""`/facilities/{code}/zones`: list, add, read, change, retire."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import CallerGiven
from services.api.access.find import facility_to_change, locked_facility, watched_facility
from services.api.access.transactions import changing, reading
from services.api.facilities.registering import taken
from services.api.inputs import FacilityCode, ZoneCode, changes_in
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import ConflictError, MissingError
from services.api.resources import Given
from services.api.zones import queries
from services.api.zones.find import zone_in, zone_in_service
from services.api.zones.queries import Zone
from services.api.zones.requirements import changing as changing_requirement
from services.api.zones.schemas import ZoneChange, ZoneIn, ZoneOut
from services.api.zones.warning import warnings_of
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.places import PRIVACY_ZONES, ZoneKind
from shared.runtime import logging

log = logging.get(__name__)
router = APIRouter(prefix="/facilities/{code}/zones", tags=["zones"])


@router.get("", operation_id="list_zones", responses=problems(401, 404, 422))
async def list_zones(
    code: FacilityCode,
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    retired: Annotated[bool, Query(description="Also those retired")] = False,  # noqa: FBT002 - a query parameter
) -> Page[ZoneOut]:
    """The zones of a facility, by code."""
    listed = queries.of_facility_with_retired if retired else queries.of_facility
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        rows = await listed(
            connection,
            facility.id,
            after=paging.after_code(),
            limit=paging.fetch,
            now=resources.now(),
        )
    return paging.page(rows, lambda row: row, lambda row: (row.code,))


@router.post(
    "", status_code=201, operation_id="add_zone", responses=problems(401, 403, 404, 409, 422)
)
async def add(
    code: FacilityCode, given: ZoneIn, caller: CallerGiven, resources: Given, response: Response
) -> ZoneOut:
    """Add a zone. What it requires binds from now on."""
    deed = Deed(Verb.CREATE, Subject.ZONE, f"{code}/{given.code}", code)
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(connection, code, caller, Action.MANAGE_DEVICES)
        await changing_requirement.must_be_known(connection, facility.id, given.requirement)
        now = resources.now()
        if not await queries.add(connection, facility.id, given, now=now, by=caller.user_id):
            there = await queries.one(connection, facility.id, given.code)
            raise taken(given.code, there.retired_at if there else None)
        zone = await _shown(connection, facility.id, given.code, now)
    log.info("zone_added", facility=code, zone=given.code)
    response.headers["Location"] = f"/api/v1/facilities/{code}/zones/{given.code}"
    return zone


@router.get("/{zone}", operation_id="read_zone", responses=problems(401, 404))
async def read(
    code: FacilityCode, zone: ZoneCode, caller: CallerGiven, resources: Given
) -> ZoneOut:
    """One zone, also if retired."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        return await _shown(connection, facility.id, zone, resources.now())


@router.patch("/{zone}", operation_id="change_zone", responses=problems(401, 403, 404, 409, 422))
async def change(
    code: FacilityCode, zone: ZoneCode, given: ZoneChange, caller: CallerGiven, resources: Given
) -> ZoneOut:
    """Change what is sent. A changed requirement binds from now on, or from an instant to come; the
    past stays as it was. What it replaces and why is listed under `requirements`.
    """
    changes = changes_in(given)
    changes.pop("requirement", None)
    deed = Deed(Verb.CHANGE, Subject.ZONE, f"{code}/{zone}", code, {"changed": sorted(changes)})
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(connection, code, caller, Action.MANAGE_DEVICES)
        there = await zone_in_service(connection, facility.id, zone)
        if given.kind in PRIVACY_ZONES and await queries.has_cameras(connection, there.id):
            raise ConflictError(
                f"A {given.kind} is private and may hold no camera, but {zone} holds one. "
                "Retire the camera first.",
                code="privacy_zone",
            )
        if given.kind is ZoneKind.INFANT_WARD and there.kind is not given.kind:
            await _cameras_must_end(connection, there)
        await queries.change(connection, there.id, changes)
        now = resources.now()
        if given.requirement is not None:
            await changing_requirement.change(
                connection, facility.id, there.id, given.requirement, now=now, by=caller.user_id
            )
        return await _shown(connection, facility.id, zone, now)


@router.delete(
    "/{zone}",
    status_code=204,
    operation_id="retire_zone",
    response_class=Response,
    responses=problems(401, 403, 404, 409),
)
async def retire(code: FacilityCode, zone: ZoneCode, caller: CallerGiven, resources: Given) -> None:
    """Retire a zone without devices: from now on nothing is required there."""
    deed = Deed(Verb.REMOVE, Subject.ZONE, f"{code}/{zone}", code)
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.MANAGE_DEVICES)
        there = await zone_in(connection, facility.id, zone)
        if there.retired_at is not None:
            return
        if await queries.has_devices(connection, there.id):
            raise ConflictError(
                f"Devices still watch {zone}. Retire them first.", code="zone_has_devices"
            )
        await queries.retire(connection, there.id, now=resources.now())
    log.info("zone_retired", facility=code, zone=zone)


async def _cameras_must_end(connection: AsyncConnection, zone: Zone) -> None:
    """Where infants sleep a camera is only allowed for a time, and never by oversight."""
    if await queries.has_cameras_without_end(connection, zone.id):
        raise ConflictError(
            f"In {zone.code} a camera may record without an end, which it may not where infants "
            "sleep. Have its approval revoked first, and ask anew when the zone is changed.",
            code="camera_without_end",
        )


async def _shown(
    connection: AsyncConnection, facility_id: int, code: str, now: datetime
) -> ZoneOut:
    """With what will not go well there."""
    zone = await queries.shown(connection, facility_id, code, now=now)
    if zone is None:
        raise MissingError("zone")
    if zone.retired_at is not None:
        return zone
    there = await zone_in(connection, facility_id, code)
    watchers = await queries.watchers(connection, there.id)
    return zone.model_copy(update={"warnings": warnings_of(zone.requirement, watchers)})
