"""`…/devices/{device}/placements`: where it stands and stood, and to move it."""

from fastapi import APIRouter, Response

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import reading
from services.api.devices.find import device_in
from services.api.devices.schemas import DeviceOut
from services.api.devices.standing import queries as standing
from services.api.inputs import DeviceCode, FacilityCode
from services.api.openapi import problems
from services.api.placements import queries
from services.api.placements.moving import move as move_device
from services.api.placements.schemas import MoveIn, PlacementOut
from services.api.problems import MissingError
from services.api.resources import Given

router = APIRouter(prefix="/facilities/{code}/devices/{device}/placements", tags=["devices"])


@router.get("", operation_id="list_placements", responses=problems(401, 403, 404))
async def list_placements(
    code: FacilityCode, device: DeviceCode, caller: CallerGiven, resources: Given
) -> list[PlacementOut]:
    """Where the device stands and stood, newest first; nothing for a gateway."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        there = await device_in(connection, facility.id, device)
        return list(await queries.shown(connection, there.id))


@router.post(
    "",
    status_code=201,
    operation_id="move_device",
    responses=problems(401, 403, 404, 409, 422),
)
async def move(
    code: FacilityCode,
    device: DeviceCode,
    given: MoveIn,
    caller: CallerGiven,
    resources: Given,
    response: Response,
) -> DeviceOut:
    """Say that it stands in another zone from now on. Look at `warnings`: it may not do there."""
    await move_device(resources, caller, (code, device), given.zone)
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        moved = await standing.one(connection, facility.id, device, now=resources.now())
    if moved is None:
        raise MissingError("device")
    response.headers["Location"] = f"/api/v1/facilities/{code}/devices/{device}"
    return moved
