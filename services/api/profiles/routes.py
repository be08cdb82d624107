"""`/device-profiles`: the types of devices one may register, and their versions."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.api.access.caller import Caller, CallerGiven
from services.api.access.transactions import changing, reading
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.profiles import queries
from services.api.profiles.schemas import ProfileIn, ProfileOut, VersionIn
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import logging

log = logging.get(__name__)
router = APIRouter(prefix="/device-profiles", tags=["device profiles"])
ProfileCode = Annotated[str, Path(alias="profile", max_length=200)]


@router.get("", operation_id="list_device_profiles", responses=problems(401, 422))
async def list_profiles(
    caller: CallerGiven, resources: Given, paging: PagingGiven
) -> Page[ProfileOut]:
    """Those one may choose, each in its newest version, by code."""
    async with reading(resources, caller) as connection:
        rows = await queries.of_service(connection, after=paging.after_code(), limit=paging.fetch)
    return paging.page(rows, lambda row: row, lambda row: (row.code,))


@router.get("/{profile}", operation_id="read_device_profile", responses=problems(401, 404))
async def read(profile: ProfileCode, caller: CallerGiven, resources: Given) -> list[ProfileOut]:
    """All versions of a profile, newest first, retired ones too."""
    async with reading(resources, caller) as connection:
        found = await queries.versions(connection, profile)
    if not found:
        raise MissingError("device profile")
    return list(found)


@router.post(
    "",
    status_code=201,
    operation_id="add_device_profile",
    responses=problems(401, 403, 409, 422),
)
async def add(
    given: ProfileIn, caller: CallerGiven, resources: Given, response: Response
) -> ProfileOut:
    """Add a type of device for everybody to choose."""
    _must_be_able_to_everywhere(caller)
    deed = Deed(Verb.CREATE, Subject.DEVICE_PROFILE, given.code)
    now = resources.now()
    async with changing(resources, caller, deed) as connection:
        if not await queries.add_version(connection, given.code, given, version=1, now=now):
            raise ConflictError(
                f"There is a profile {given.code} already. Add a version to it: "
                f"POST …/device-profiles/{given.code}/versions.",
                code="code_taken",
            )
        newest = (await queries.versions(connection, given.code))[0]
    log.info("device_profile_added", profile=given.code)
    response.headers["Location"] = f"/api/v1/device-profiles/{given.code}"
    return newest


@router.post(
    "/{profile}/versions",
    status_code=201,
    operation_id="add_device_profile_version",
    responses=problems(401, 403, 404, 409, 422),
)
async def add_version(
    profile: ProfileCode, given: VersionIn, caller: CallerGiven, resources: Given
) -> ProfileOut:
    """For devices registered from now on; those on record stay as they were registered."""
    _must_be_able_to_everywhere(caller)
    deed = Deed(Verb.CHANGE, Subject.DEVICE_PROFILE, profile)
    now = resources.now()
    async with changing(resources, caller, deed) as connection:
        found = await queries.versions(connection, profile)
        if not found:
            raise MissingError("device profile")
        version = found[0].version + 1
        if not await queries.add_version(connection, profile, given, version=version, now=now):
            raise ConflictError(
                "Somebody else added a version just now. Look at it, and try again.",
                code="changed_meanwhile",
            )
        newest = (await queries.versions(connection, profile))[0]
    log.info("device_profile_changed", profile=profile, version=version)
    return newest


@router.delete(
    "/{profile}",
    status_code=204,
    operation_id="retire_device_profile",
    response_class=Response,
    responses=problems(401, 403, 404),
)
async def retire(profile: ProfileCode, caller: CallerGiven, resources: Given) -> None:
    """Nobody can choose it from now on; devices registered with it stay as they are."""
    _must_be_able_to_everywhere(caller)
    deed = Deed(Verb.REMOVE, Subject.DEVICE_PROFILE, profile)
    async with changing(resources, caller, deed) as connection:
        if not await queries.versions(connection, profile):
            raise MissingError("device profile")
        await queries.retire(connection, profile, now=resources.now())
    log.info("device_profile_retired", profile=profile)


def _must_be_able_to_everywhere(caller: Caller) -> None:
    if not caller.must_be_able_to_somewhere(Action.MANAGE_PROFILES).is_everywhere:
        raise ForbiddenError("Profiles are for every province: this needs a role held everywhere.")
