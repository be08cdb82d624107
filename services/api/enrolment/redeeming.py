"""Lets a device come into service by its one-time code: once, and in its issuer's name."""

from dataclasses import dataclass
from http import HTTPStatus

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access import queries as places
from services.api.access.queries import Facility
from services.api.access.transactions import changing, reading_as_system
from services.api.credentials import rotating
from services.api.credentials.issuing import Holder
from services.api.credentials.schemas import MqttOut
from services.api.devices import queries as devices
from services.api.devices.find import device_to_change
from services.api.devices.registration import register_in
from services.api.devices.schemas import DeviceIn
from services.api.enrolment import queries
from services.api.enrolment.issuer import Issuer, issuer_of
from services.api.enrolment.queries import Open
from services.api.enrolment.schemas import EnrolledOut, RedeemIn
from services.api.guessing import doors
from services.api.guessing.doors import network_of
from services.api.keys import public_key
from services.api.keys import queries as keys
from services.api.keys.routes import must_be_new, read_key
from services.api.problems import RequestError
from services.api.resources import Resources
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.enrolment import free_code, hash_of, normal_code
from shared.domain.throttling import Door
from shared.runtime import logging

log = logging.get(__name__)


class CodeNotAcceptedError(RequestError):
    """Unknown, used or over: which of them, only the page of whoever issued it says."""

    status = HTTPStatus.NOT_FOUND
    code = "code_not_accepted"

    def __init__(self) -> None:
        super().__init__(
            "This code is not known, was used already, or is older than 15 minutes. "
            "Check how it is written, or have a new one made in the console."
        )


@dataclass(frozen=True, slots=True)
class Guest:
    """From where somebody redeems a code."""

    address: str
    trace_id: str


async def redeem(resources: Resources, given: RedeemIn, guest: Guest) -> EnrolledOut:
    """Raises `CodeNotAcceptedError`, `TooManyError`, or what stands against the device itself."""
    key = read_key(given.public_key) if given.public_key else None
    asked = {Door.ENROLMENT: network_of(guest.address)}
    knocked_at = await doors.knock(resources, asked)
    code_hash = hash_of(normal_code(given.code) or "")
    async with reading_as_system(resources) as connection:
        opened = await queries.opened_by(connection, code_hash, now=resources.now())
    if opened is None:
        raise CodeNotAcceptedError
    issuer = await issuer_of(
        resources, opened.issued_by, address=guest.address, trace_id=guest.trace_id
    )
    enrolled = await _enrol(resources, issuer, opened, code_hash, key)
    await doors.opened(resources, asked, knocked_at=knocked_at)
    log.info("device_enrolled", facility=enrolled.facility, device=enrolled.device)
    return enrolled


async def _enrol(
    resources: Resources, issuer: Issuer, opened: Open, code_hash: bytes, key: bytes | None
) -> EnrolledOut:
    place = opened.facility
    verb = Verb.CREATE if opened.replaces is None else Verb.CHANGE
    detail: dict[str, object] = {"enrolment": opened.id}
    deed = Deed(verb, Subject.DEVICE, f"{place}/{opened.device_code}", place, detail)
    async with changing(resources, issuer, deed) as connection:
        facility = await places.lock_facility(connection, place, issuer.scope)
        # Of two at once the second has waited here, and looks again.
        now = resources.now()
        still = await queries.opened_by(connection, code_hash, now=now)
        if facility is None or facility.retired_at is not None or still is None:
            raise CodeNotAcceptedError
        holder, mqtt = await _taken_up(resources, connection, facility, (issuer, opened))
        detail["device"] = holder.code
        if key is not None:
            must_be_new(key, await keys.of_device(connection, holder.id))
            await keys.add(connection, holder.id, key, now=now)
        if not await queries.redeem(connection, opened.id, device_id=holder.id, now=now):
            raise CodeNotAcceptedError
    return EnrolledOut(
        facility=place,
        device=holder.code,
        kind=opened.kind,
        zone=opened.zone,
        interval_s=opened.interval_s,
        mqtt=mqtt,
        key_fingerprint=public_key.fingerprint(key) if key else None,
    )


async def _taken_up(
    resources: Resources,
    connection: AsyncConnection,
    facility: Facility,
    by: tuple[Issuer, Open],
) -> tuple[Holder, MqttOut]:
    """The device, new or with new hardware, and what it logs in with."""
    issuer, opened = by
    now = resources.now()
    if opened.replaces is not None:
        there = await device_to_change(connection, facility.id, opened.replaces)
        holder = Holder(there.id, facility.code, there.code, there.kind)
        made = await rotating.replace(resources, connection, holder, (issuer.user_id, ""), now=now)
        return holder, made.mqtt
    code = opened.device_code
    if await devices.one(connection, facility.id, code) is not None:
        # Somebody registered another one by hand meanwhile.
        taken = await queries.taken_codes(connection, facility.id, now=now)
        code = free_code(opened.kind, taken)
    wanted = DeviceIn(
        code=code,
        name=opened.name if opened.name != opened.device_code else code,
        kind=opened.kind,
        zone=opened.zone,
        gateway=opened.gateway,
        interval_s=opened.interval_s,
    )
    registered = await register_in(resources, connection, facility, wanted)
    if registered.mqtt is None:
        raise CodeNotAcceptedError
    there = await device_to_change(connection, facility.id, code)
    return Holder(there.id, facility.code, code, opened.kind), registered.mqtt
