"""`/facilities/{code}/devices`: list, register, read, change, retire."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import CallerGiven
from services.api.access.find import facility_to_change, locked_facility, watched_facility
from services.api.access.transactions import changing, reading
from services.api.credentials import queries as credentials
from services.api.devices import queries
from services.api.devices.find import device_in, device_to_change
from services.api.devices.registration import register_device
from services.api.devices.schemas import (
    DeviceChange,
    DeviceCreatedOut,
    DeviceIn,
    DeviceOut,
)
from services.api.devices.speaking import queries as speaking
from services.api.devices.speaking import tying
from services.api.devices.speaking.schemas import TieOut
from services.api.devices.standing import queries as standing
from services.api.inputs import DeviceCode, FacilityCode, changes_in
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import MissingError
from services.api.resources import Given, Resources
from shared.contracts import topics
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)
router = APIRouter(prefix="/facilities/{code}/devices", tags=["devices"])


@router.get("", operation_id="list_devices", responses=problems(401, 404, 422))
async def list_devices(
    code: FacilityCode,
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    retired: Annotated[bool, Query(description="Also those retired")] = False,  # noqa: FBT002 - a query parameter
) -> Page[DeviceOut]:
    """The devices of a facility, by code, each with how it stands now."""
    listed = standing.of_facility_with_retired if retired else standing.of_facility
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
    "",
    status_code=201,
    operation_id="register_device",
    responses=problems(401, 403, 404, 409, 422),
)
async def register(
    code: FacilityCode, given: DeviceIn, caller: CallerGiven, resources: Given, response: Response
) -> DeviceCreatedOut:
    """Register a device. The broker takes it when this answers; its password is shown this once."""
    device = await register_device(resources, caller, code, given)
    log.info("device_registered", facility=code, device=given.code)
    response.headers["Location"] = f"/api/v1/facilities/{code}/devices/{given.code}"
    return device


@router.get("/{device}", operation_id="read_device", responses=problems(401, 404))
async def read(
    code: FacilityCode, device: DeviceCode, caller: CallerGiven, resources: Given
) -> DeviceOut:
    """One device, also if retired."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        return await _shown(connection, facility.id, device, resources)


@router.get(
    "/{device}/gateways", operation_id="list_gateways_of_device", responses=problems(401, 404)
)
async def list_gateways(
    code: FacilityCode, device: DeviceCode, caller: CallerGiven, resources: Given
) -> list[TieOut]:
    """Through which gateways the device speaks and spoke, newest first."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        there = await device_in(connection, facility.id, device)
        return list(await speaking.shown(connection, there.id))


@router.patch(
    "/{device}", operation_id="change_device", responses=problems(401, 403, 404, 409, 422)
)
async def change(
    code: FacilityCode,
    device: DeviceCode,
    given: DeviceChange,
    caller: CallerGiven,
    resources: Given,
) -> DeviceOut:
    """Change what is sent; the rest stays."""
    is_tied = "gateway" in given.model_fields_set
    changes = {} if given.model_fields_set == {"gateway"} else changes_in(given)
    changes.pop("gateway", None)
    changed = sorted([*changes, *(["gateway"] if is_tied else [])])
    detail: dict[str, object] = {"changed": changed}
    deed = Deed(Verb.CHANGE, Subject.DEVICE, f"{code}/{device}", code, detail)
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(connection, code, caller, Action.MANAGE_DEVICES)
        there = await device_to_change(connection, facility.id, device)
        if is_tied:
            detail["gateway"] = given.gateway or ""
            await tying.tie(connection, facility.id, there, given.gateway, now=resources.now())
        if changes:
            await queries.change(connection, there.id, changes)
        return await _shown(connection, facility.id, device, resources)


@router.delete(
    "/{device}",
    status_code=204,
    operation_id="retire_device",
    response_class=Response,
    responses=problems(401, 403, 404),
)
async def retire(
    code: FacilityCode, device: DeviceCode, caller: CallerGiven, resources: Given
) -> None:
    """Retire a device. The broker ends its session at once; what it attested stays."""
    deed = Deed(Verb.REMOVE, Subject.DEVICE, f"{code}/{device}", code)
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.MANAGE_DEVICES)
        there = await device_in(connection, facility.id, device)
        held = await credentials.not_ended(connection, there.id)
        await resources.broker.revoke(
            [topics.username(code, device), *(one.username for one in held)]
        )
        if there.retired_at is None:
            await queries.retire(connection, there.id, now=resources.now())
    log.info("device_retired", facility=code, device=device)


async def _shown(
    connection: AsyncConnection, facility_id: int, code: str, resources: Resources
) -> DeviceOut:
    device = await standing.one(connection, facility_id, code, now=resources.now())
    if device is None:
        raise MissingError("device")
    return device
