"""Issues a one-time code for a device that is to come into service."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import facility_to_change
from services.api.access.queries import Facility
from services.api.access.transactions import changing
from services.api.credentials.issuing import must_speak
from services.api.devices.find import device_to_change
from services.api.devices.registration import code_must_be_free, gateway_for, zone_for
from services.api.devices.schemas import DeviceIn
from services.api.devices.standing import queries as standing
from services.api.enrolment import queries
from services.api.enrolment.queries import New
from services.api.enrolment.schemas import EnrolmentIn, EnrolmentIssuedOut
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.enrolment import LIFE, free_code, hash_of, new_code, normal_code


async def issue(
    resources: Resources, caller: Caller, facility_code: str, given: EnrolmentIn, *, site: str
) -> EnrolmentIssuedOut:
    """`site`: where our pages are, as devices reach them."""
    code = new_code()
    now = resources.now()
    deed = Deed(Verb.CREATE, Subject.ENROLMENT, facility_code, facility_code)
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(
            connection, facility_code, caller, Action.MANAGE_DEVICES
        )
        described = _replacing if given.replaces is not None else _described
        wanted, replaces_id = await described(resources, connection, facility, given)
        must_speak(wanted.kind)
        new = New(
            facility_id=facility.id,
            zone_id=await zone_for(connection, facility.id, wanted),
            gateway_id=await gateway_for(connection, facility.id, wanted),
            kind=wanted.kind,
            device_code=wanted.code,
            name=wanted.name or wanted.code,
            interval_s=wanted.interval_s,
            replaces_id=replaces_id,
            code_hash=hash_of(normal_code(code) or ""),
            issued_by=caller.user_id,
            expires_at=now + LIFE,
        )
        enrolment_id = await queries.add(connection, new, now=now)
        deed.detail.update(enrolment=enrolment_id, device=wanted.code)
        made = await queries.one(connection, facility.id, enrolment_id, now=now)
    if made is None:
        raise MissingError("enrolment")
    return EnrolmentIssuedOut(
        **made.model_dump(), one_time_code=code, address=f"{site}/enrol#{code}"
    )


async def _described(
    resources: Resources, connection: AsyncConnection, facility: Facility, given: EnrolmentIn
) -> tuple[DeviceIn, None]:
    """A device that is not there yet; what was left open is chosen."""
    if given.kind is None:
        raise InvalidError("body.kind", "It is missing.", "Send what kind of device it is.")
    taken = await queries.taken_codes(connection, facility.id, now=resources.now())
    code = given.code or free_code(given.kind, taken)
    await code_must_be_free(connection, facility.id, code)
    if code in taken:
        raise ConflictError(
            f"The code {code} is promised to a device that may yet come. Choose another.",
            code="code_taken",
        )
    wanted = DeviceIn(
        code=code,
        name=given.name,
        kind=given.kind,
        zone=given.zone,
        gateway=given.gateway,
        interval_s=given.interval_s,
    )
    return wanted, None


async def _replacing(
    resources: Resources, connection: AsyncConnection, facility: Facility, given: EnrolmentIn
) -> tuple[DeviceIn, int]:
    """A device whose place new hardware takes: all that is on record of it stays."""
    there = await device_to_change(connection, facility.id, given.replaces or "")
    now = resources.now()
    device = await standing.one(connection, facility.id, there.code, now=now)
    if device is None:
        raise MissingError("device")
    wanted = DeviceIn(
        code=device.code,
        name=device.name,
        kind=device.kind,
        zone=device.zone,
        interval_s=device.interval_s,
    )
    return wanted, there.id
