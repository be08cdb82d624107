"""One camera and one request, locked for whoever decides on it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import locked_facility
from services.api.camera_approvals import queries
from services.api.camera_approvals.schemas import ApprovalOut
from services.api.devices.find import device_in
from services.api.devices.queries import Device
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.zones.find import zone_in
from services.api.zones.queries import Zone
from shared.domain.access import Action
from shared.domain.camera_approval import ApprovalState
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.places import DeviceKind

#: The codes of a facility and of a camera in it.
Where = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided on. Nobody else changes the facility until the transaction ends."""

    camera: Device
    zone: Zone
    asked: ApprovalOut


def deed(verb: Verb, where: Where) -> Deed:
    return Deed(verb, Subject.CAMERA_APPROVAL, "/".join(where), where[0])


def must_be_camera(device: Device) -> None:
    if device.kind is not DeviceKind.CAMERA:
        raise ConflictError(
            f"{device.code} is a {device.kind}: only cameras need to be allowed.",
            code="not_a_camera",
        )


async def case_to_decide(
    connection: AsyncConnection, caller: Caller, where: Where, approval_id: int, *, now: datetime
) -> Case:
    facility = await locked_facility(connection, where[0], caller, Action.APPROVE_CAMERA)
    camera = await device_in(connection, facility.id, where[1])
    must_be_camera(camera)
    asked = await one(connection, camera, approval_id, now=now)
    return Case(camera, await zone_in(connection, facility.id, asked.zone), asked)


async def one(
    connection: AsyncConnection, camera: Device, approval_id: int, *, now: datetime
) -> ApprovalOut:
    found = await queries.one(connection, camera.id, approval_id, now=now)
    if found is None:
        raise MissingError("approval")
    return found


async def must_be_open_to(connection: AsyncConnection, caller: Caller, case: Case) -> None:
    """Two people: whoever asked does not answer."""
    if case.asked.state is not ApprovalState.REQUESTED:
        raise ConflictError("This was decided before.", code="decided")
    if await queries.requester_of(connection, case.asked.id) == caller.user_id:
        raise ForbiddenError(
            "You asked for this camera yourself; somebody else must decide.", code="four_eyes"
        )


def must_be_in_force(case: Case) -> None:
    if case.asked.state is not ApprovalState.APPROVED:
        raise ConflictError("This approval is not in force.", code="not_in_force")
