"""Registers a device: on record and admitted by the broker, or neither."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import facility_to_change
from services.api.access.queries import Facility
from services.api.access.transactions import changing
from services.api.credentials import issuing
from services.api.credentials.issuing import Holder
from services.api.devices import queries
from services.api.devices.choosing import by_profile
from services.api.devices.queries import Ties
from services.api.devices.schemas import DeviceCreatedOut, DeviceIn
from services.api.devices.speaking import tying
from services.api.devices.standing import queries as standing
from services.api.facilities.routes import taken
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.resources import Resources
from services.api.zones.find import zone_to_watch
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.places import DeviceKind


async def register_device(
    resources: Resources, caller: Caller, facility_code: str, given: DeviceIn
) -> DeviceCreatedOut:
    deed = Deed(Verb.CREATE, Subject.DEVICE, f"{facility_code}/{given.code}", facility_code)
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(
            connection, facility_code, caller, Action.MANAGE_DEVICES
        )
        return await register_in(resources, connection, facility, given)


async def register_in(
    resources: Resources, connection: AsyncConnection, facility: Facility, given: DeviceIn
) -> DeviceCreatedOut:
    """Within a transaction of the caller's, who may manage the devices of the locked facility.

    The broker is told before the commit: if it does not answer, nothing is stored and one may try
    again. If it did and the commit fails, it knows a client whose messages nobody credits, until
    the next try or its next start.
    """
    zone_id = await zone_for(connection, facility.id, given)
    await code_must_be_free(connection, facility.id, given.code)
    now = resources.now()
    wanted, profile_id = await by_profile(connection, given)
    ties = Ties(zone_id, profile_id, await gateway_for(connection, facility.id, given))
    device_id = await queries.add(connection, facility.id, wanted, ties=ties, now=now)
    holder = Holder(device_id, facility.code, given.code, given.kind)
    speaks = given.kind is not DeviceKind.ROUND_POINT
    mqtt = await issuing.first(resources, connection, holder, now=now) if speaks else None
    device = await standing.one(connection, facility.id, given.code, now=now)
    if device is None:
        raise MissingError("device")
    return DeviceCreatedOut(**device.model_dump(), mqtt=mqtt)


async def zone_for(connection: AsyncConnection, facility_id: int, given: DeviceIn) -> int | None:
    """The zone it is to watch, if it may. Raises what stands against it."""
    if given.kind is DeviceKind.GATEWAY:
        # It speaks for those who watch, and is no watch itself: a zone sent with it is let go.
        return None
    if given.zone is None:
        raise InvalidError(
            "body.zone", "It is missing.", "Send the code of the zone that the device watches."
        )
    return (await zone_to_watch(connection, facility_id, given.zone, given.kind)).id


async def gateway_for(connection: AsyncConnection, facility_id: int, given: DeviceIn) -> int | None:
    """Through which it speaks; a gateway speaks by itself, and a round point not at all."""
    if not given.gateway or given.kind in {DeviceKind.GATEWAY, DeviceKind.ROUND_POINT}:
        return None
    return await tying.found(connection, facility_id, given.gateway)


async def code_must_be_free(connection: AsyncConnection, facility_id: int, code: str) -> None:
    there = await queries.one(connection, facility_id, code)
    if there is None:
        return
    if there.retired_at is not None:
        raise taken(code, there.retired_at)
    raise ConflictError(
        f"The device {code} is registered already. If its password was lost, "
        f"ask for a new one: POST …/devices/{code}/credentials.",
        code="code_taken",
    )
