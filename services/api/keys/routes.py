"""`/facilities/{code}/devices/{device}/keys`: list, add, revoke."""

import base64
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from services.api.access.caller import CallerGiven
from services.api.access.find import facility_to_change, locked_facility, watched_facility
from services.api.access.transactions import changing, reading
from services.api.devices.find import device_in, device_to_change
from services.api.inputs import DeviceCode, FacilityCode
from services.api.keys import public_key, queries
from services.api.keys.public_key import NoKeyError
from services.api.keys.schemas import KeyIn, KeyOut
from services.api.openapi import problems
from services.api.paging import Page
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

#: The one in use and the next one, so that a key can be changed without a silence.
MOST_IN_FORCE: Final = 2
#: A key lasts for years; more than these, and somebody is playing.
MOST_EVER: Final = 100

log = logging.get(__name__)
router = APIRouter(prefix="/facilities/{code}/devices/{device}/keys", tags=["devices"])
Fingerprint = Annotated[str, Path(alias="fingerprint", max_length=200)]


@router.get("", operation_id="list_keys", responses=problems(401, 404))
async def list_keys(
    code: FacilityCode, device: DeviceCode, caller: CallerGiven, resources: Given
) -> Page[KeyOut]:
    """The keys of a device, those in force first, then those revoked. There is one page."""
    async with reading(resources, caller) as connection:
        facility = await watched_facility(connection, code, caller)
        there = await device_in(connection, facility.id, device)
        return Page(items=list(await queries.of_device(connection, there.id)), next=None)


@router.post(
    "", status_code=201, operation_id="add_key", responses=problems(401, 403, 404, 409, 422)
)
async def add(
    code: FacilityCode,
    device: DeviceCode,
    given: KeyIn,
    caller: CallerGiven,
    resources: Given,
    response: Response,
) -> KeyOut:
    """Register a key. What the device signs with it from now on is proven. Two may be in force."""
    deed = Deed(Verb.CREATE, Subject.DEVICE_KEY, f"{code}/{device}", code)
    async with changing(resources, caller, deed) as connection:
        facility = await facility_to_change(connection, code, caller, Action.MANAGE_DEVICES)
        there = await device_to_change(connection, facility.id, device)
        key = read_key(given.public_key)
        must_be_new(key, await queries.of_device(connection, there.id))
        made = await queries.add(connection, there.id, key, now=resources.now())
    log.info("device_key_added", facility=code, device=device, fingerprint=made.fingerprint)
    response.headers["Location"] = (
        f"/api/v1/facilities/{code}/devices/{device}/keys/{made.fingerprint}"
    )
    return made


@router.delete(
    "/{fingerprint}",
    status_code=204,
    operation_id="revoke_key",
    response_class=Response,
    responses=problems(401, 403, 404),
)
async def revoke(
    code: FacilityCode,
    device: DeviceCode,
    fingerprint: Fingerprint,
    caller: CallerGiven,
    resources: Given,
) -> None:
    """Revoke a key for good: what is signed with it proves nothing any more. The past stays."""
    deed = Deed(
        Verb.REVOKE, Subject.DEVICE_KEY, f"{code}/{device}", code, {"fingerprint": fingerprint}
    )
    async with changing(resources, caller, deed) as connection:
        facility = await locked_facility(connection, code, caller, Action.MANAGE_DEVICES)
        there = await device_in(connection, facility.id, device)
        known = await queries.of_device(connection, there.id)
        key = next((one for one in known if one.fingerprint == fingerprint), None)
        if key is None:
            raise MissingError("key")
        raw = base64.b64decode(key.public_key)
        await queries.revoke(connection, there.id, raw, now=resources.now())
    log.info("device_key_revoked", facility=code, device=device, fingerprint=fingerprint)


def read_key(text: str) -> bytes:
    """Raises `InvalidError` that says what is wrong with it."""
    try:
        return public_key.read(text)
    except NoKeyError as exc:
        wrong, advice = public_key.FAULTS[exc.fault]
        raise InvalidError("body.public_key", wrong, advice) from exc


def must_be_new(key: bytes, known: Sequence[KeyOut]) -> None:
    """`known`: all that the device ever had."""
    own = public_key.fingerprint(key)
    same = next((one for one in known if one.fingerprint == own), None)
    if same is not None and same.revoked_at is not None:
        raise ConflictError(
            f"The key {own} was revoked on {same.revoked_at:%Y-%m-%d} and is not taken again. "
            "Make a new pair.",
            code="key_revoked",
        )
    if same is not None:
        raise ConflictError(f"The key {own} is in force already.", code="key_known")
    if sum(one.revoked_at is None for one in known) >= MOST_IN_FORCE:
        raise ConflictError(
            f"{MOST_IN_FORCE} keys are in force. Revoke the one that is not used, then try again.",
            code="too_many_keys",
        )
    if len(known) >= MOST_EVER:
        raise ConflictError(
            f"The device has had {MOST_EVER} keys. Register it anew under another code.",
            code="too_many_keys_ever",
        )
