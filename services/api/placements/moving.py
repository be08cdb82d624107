"""Moves a device to another zone: what it attested stays where it stood; API and console do it."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import facility_to_change
from services.api.access.transactions import changing
from services.api.camera_approvals.applying import apply
from services.api.devices.find import device_to_change
from services.api.devices.queries import Device
from services.api.placements import queries
from services.api.problems import ConflictError, MissingError
from services.api.resources import Resources
from services.api.zones import queries as zones
from services.api.zones.queries import Zone
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.places import DeviceKind, may_hold
from shared.runtime import logging

log = logging.get(__name__)


async def move(
    resources: Resources, caller: Caller, where: tuple[str, str], zone_code: str
) -> None:
    """`where`: the codes of facility and device. To where it stands already, nothing is done.

    A camera is allowed for a place: where nobody has allowed it, it records nothing.
    """
    code, device_code = where
    deed = Deed(Verb.CHANGE, Subject.DEVICE, f"{code}/{device_code}", code, {"zone": zone_code})
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(connection, code, caller, Action.MANAGE_DEVICES)
        device = await device_to_change(connection, facility.id, device_code)
        zone = await _zone_for(connection, facility.id, device, zone_code)
        if await queries.zone_of(connection, device.id) != zone.id:
            await queries.move(connection, device.id, zone.id, now=resources.now())
        if device.kind is DeviceKind.CAMERA:
            await apply(connection, device.id)
    log.info("device_moved", facility=code, device=device_code, zone=zone_code)


async def _zone_for(
    connection: AsyncConnection, facility_id: int, device: Device, code: str
) -> Zone:
    if device.kind is DeviceKind.GATEWAY:
        raise ConflictError(
            "A gateway speaks for others and watches no zone itself.", code="gateway"
        )
    zone = await zones.one(connection, facility_id, code)
    if zone is None:
        raise MissingError("zone")
    if zone.retired_at is not None:
        raise ConflictError(f"The zone {zone.code} is retired.", code="retired")
    if not may_hold(zone.kind, device.kind):
        raise ConflictError(
            f"The zone {zone.code} is a {zone.kind}: children are private there, "
            "and no camera may watch it.",
            code="privacy_zone",
        )
    return zone
