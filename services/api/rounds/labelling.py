"""Makes a label for a place: shown once, kept as a hash, and the one before is worthless."""

from services.api.access.caller import Caller
from services.api.access.find import facility_to_change, watched_facility
from services.api.access.transactions import changing, reading
from services.api.devices.find import device_to_change
from services.api.enrolment import queries as enrolments
from services.api.problems import ConflictError, MissingError
from services.api.resources import Resources
from services.api.rounds import queries
from services.api.rounds.schemas import LabelOut
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.domain.enrolment import free_code
from shared.domain.places import DeviceKind
from shared.domain.rounds import code_hash, new_code
from shared.runtime import logging

log = logging.get(__name__)


async def free_code_for(resources: Resources, caller: Caller, facility_code: str) -> str:
    """`round-3`; whoever is faster takes it, and one may try again."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, facility_code, caller)
        taken = await enrolments.taken_codes(connection, facility.id, now=resources.now())
    return free_code(DeviceKind.ROUND_POINT, taken)


async def new_label(
    resources: Resources, caller: Caller, place: tuple[str, str], *, site: str
) -> LabelOut:
    """`place`: the codes of the facility and the device. `site`: where phones reach our pages."""
    facility_code, device_code = place
    code, now = new_code(), resources.now()
    deed = Deed(
        Verb.CHANGE,
        Subject.DEVICE,
        f"{facility_code}/{device_code}",
        facility_code,
        {"changed": ["label"]},
    )
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(
            connection, facility_code, caller, Action.MANAGE_DEVICES
        )
        device = await device_to_change(connection, facility.id, device_code)
        if device.kind is not DeviceKind.ROUND_POINT:
            raise ConflictError(
                f"{device_code} is a {device.kind}. Only round points have labels.",
                code="not_a_round_point",
            )
        await queries.label(connection, device.id, code_hash(code), now=now)
        point = await queries.point(connection, facility.id, device_code)
    if point is None:
        raise MissingError("round point")
    log.info("round_point_labelled", facility=facility_code, device=device_code)
    return LabelOut(
        facility=facility_code,
        zone=point.zone_code,
        device=device_code,
        labelled_at=now,
        code=code,
        address=f"{site}/r/{code}",
    )
