"""`/facilities/{code}/devices/{device}/credentials` and `/replacements`."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Path
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller, CallerGiven
from services.api.access.find import facility_to_change, locked_facility, watched_facility
from services.api.access.transactions import changing, reading
from services.api.credentials import issuing, queries, rotating
from services.api.credentials.issuing import Holder
from services.api.credentials.schemas import (
    CredentialOut,
    CredentialsOut,
    ReplacementIn,
    ReplacementOut,
    RotationIn,
)
from services.api.devices.find import device_in, device_to_change
from services.api.inputs import DeviceCode, FacilityCode
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import MissingError
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.credentials import Ending
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)
router = APIRouter(prefix="/facilities/{code}/devices/{device}", tags=["devices"])
Number = Annotated[int, Path(alias="number", ge=1, le=2**31 - 1)]
_AT_ONCE_BY_DEFAULT: Final = RotationIn()


@router.get("/credentials", operation_id="list_credentials", responses=problems(401, 403, 404, 422))
async def list_credentials(
    code: FacilityCode,
    device: DeviceCode,
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
) -> Page[CredentialOut]:
    """With what a device logs in to the broker, the newest first; never the passwords."""
    now = resources.now()
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        caller.must_be_able_to(Action.MANAGE_DEVICES, facility)
        there = await device_in(connection, facility.id, device)
        rows = await queries.page(
            connection, there.id, before=paging.before_moment(), limit=paging.fetch
        )
    return paging.page(
        rows, lambda row: issuing.shown(row, now=now), lambda row: (row.created_at, row.id)
    )


@router.post(
    "/credentials",
    status_code=201,
    operation_id="rotate_credentials",
    responses=problems(401, 403, 404, 409, 422),
)
async def rotate(
    code: FacilityCode,
    device: DeviceCode,
    caller: CallerGiven,
    resources: Given,
    given: Annotated[RotationIn, Body()] = _AT_ONCE_BY_DEFAULT,
) -> CredentialsOut:
    """A new password for a device, shown this once. The old ones hold for another day by default.

    With `overlap_s` 0 they end when the new one begins, and so do sessions begun with them.
    A suspension ends as well: whoever asks has looked into what the device sent.
    """
    deed = _deed(Verb.CREATE, code, device, {"overlap_s": given.overlap_s})
    async with changing(resources, caller, deed) as connection:
        holder = await _holder_to_change(connection, code, device, caller)
        made = await rotating.rotate(resources, connection, holder, given, now=resources.now())
        deed.detail["number"] = made.credential.number
    log.info("device_credentials_rotated", username=made.mqtt.username, overlap_s=given.overlap_s)
    return made


@router.delete(
    "/credentials/{number}",
    status_code=204,
    operation_id="revoke_credential",
    responses=problems(401, 403, 404, 422),
)
async def revoke(
    code: FacilityCode, device: DeviceCode, number: Number, caller: CallerGiven, resources: Given
) -> None:
    """End one password for good, and the sessions begun with it."""
    deed = _deed(Verb.REVOKE, code, device, {"number": number})
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.MANAGE_DEVICES)
        there = await device_in(connection, facility.id, device)
        one = await queries.numbered(connection, there.id, number)
        if one is None:
            raise MissingError("credential")
        await issuing.end(resources, connection, [one], Ending.REVOKED, now=resources.now())
    log.info("device_credential_revoked", username=one.username)


@router.delete(
    "/credentials",
    status_code=204,
    operation_id="revoke_credentials",
    responses=problems(401, 403, 404),
)
async def revoke_all(
    code: FacilityCode, device: DeviceCode, caller: CallerGiven, resources: Given
) -> None:
    """End all passwords of a device, and its sessions. It stays registered, and is silent."""
    deed = _deed(Verb.REVOKE, code, device, {"all": True})
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.MANAGE_DEVICES)
        there = await device_in(connection, facility.id, device)
        held = await queries.not_ended(connection, there.id)
        await issuing.end(resources, connection, held, Ending.REVOKED, now=resources.now())
    log.info("device_credentials_revoked", facility=code, device=device, n=len(held))


@router.post(
    "/replacements",
    status_code=201,
    operation_id="replace_device",
    responses=problems(401, 403, 404, 409, 422),
)
async def replace(
    code: FacilityCode,
    device: DeviceCode,
    given: ReplacementIn,
    caller: CallerGiven,
    resources: Given,
) -> CredentialsOut:
    """Other hardware takes the device's place: old passwords and keys end, the record stays."""
    deed = Deed(Verb.CHANGE, Subject.DEVICE, f"{code}/{device}", code, {"replaced": True})
    async with changing(resources, caller, deed) as connection:
        holder = await _holder_to_change(connection, code, device, caller)
        made = await rotating.replace(
            resources, connection, holder, (caller.user_id, given.reason), now=resources.now()
        )
        deed.detail["number"] = made.credential.number
    log.info("device_replaced", facility=code, device=device)
    return made


@router.get("/replacements", operation_id="list_replacements", responses=problems(401, 403, 404))
async def list_replacements(
    code: FacilityCode, device: DeviceCode, caller: CallerGiven, resources: Given
) -> Page[ReplacementOut]:
    """When other hardware took the device's place, the newest first. There is one page."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        there = await device_in(connection, facility.id, device)
        return Page(items=list(await queries.replacements(connection, there.id)), next=None)


async def _holder_to_change(
    connection: AsyncConnection, code: str, device: str, caller: Caller
) -> Holder:
    facility = await facility_to_change(connection, code, caller, Action.MANAGE_DEVICES)
    there = await device_to_change(connection, facility.id, device)
    return Holder(there.id, code, there.code, there.kind)


def _deed(verb: Verb, code: str, device: str, detail: dict[str, object]) -> Deed:
    return Deed(verb, Subject.DEVICE_CREDENTIAL, f"{code}/{device}", code, detail)
