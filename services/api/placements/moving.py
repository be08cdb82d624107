"""Moves a device to another zone: what it attested stays where it stood; API and console do it."""

from services.api.access.caller import Caller
from services.api.access.find import facility_to_change
from services.api.access.transactions import changing
from services.api.camera_approvals.applying import apply
from services.api.devices.find import device_to_change
from services.api.devices.queries import Device
from services.api.placements import queries
from services.api.problems import ConflictError
from services.api.resources import Resources
from services.api.zones.find import zone_to_watch
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.places import DeviceKind
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
        _must_watch(device)
        zone = await zone_to_watch(connection, facility.id, zone_code, device.kind)
        if await queries.zone_of(connection, device.id) != zone.id:
            await queries.move(connection, device.id, zone.id, now=resources.now())
        if device.kind is DeviceKind.CAMERA:
            await apply(connection, device.id)
    log.info("device_moved", facility=code, device=device_code, zone=zone_code)


def _must_watch(device: Device) -> None:
    if device.kind is DeviceKind.GATEWAY:
        raise ConflictError(
            "A gateway speaks for others and watches no zone itself.", code="gateway"
        )
