"""`…/devices/{device}/approvals` of a camera, and `/camera-approvals` of all in one's place."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.api.access.caller import CallerGiven
from services.api.access.find import watched_facility
from services.api.access.transactions import disclosing, reading
from services.api.camera_approvals import deciding, queries
from services.api.camera_approvals.everywhere import queries as everywhere
from services.api.camera_approvals.schemas import (
    ApprovalOut,
    ApproveIn,
    EndIn,
    ListedOut,
    RequestIn,
    ReviewIn,
    Which,
)
from services.api.devices.find import device_in
from services.api.inputs import DeviceCode, FacilityCode
from services.api.openapi import problems
from services.api.paging import Page, PagingGiven
from services.api.resources import Given
from shared.domain.access import Action
from shared.domain.deeds import Deed, Subject, Verb

router = APIRouter(tags=["camera approvals"])
OF_CAMERA = "/facilities/{code}/devices/{device}/approvals"
ApprovalId = Annotated[int, Path(alias="approval", ge=1, lt=2**63)]


@router.get(
    "/camera-approvals", operation_id="list_camera_approvals", responses=problems(401, 403, 422)
)
async def list_approvals(
    caller: CallerGiven,
    resources: Given,
    paging: PagingGiven,
    which: Annotated[Which, Query(description="To decide, to look at again, or in force")],
) -> Page[ListedOut]:
    """The cameras of all facilities in one's place, the request that came last first."""
    scope = caller.must_be_able_to_somewhere(Action.WATCH)
    async with reading(resources, caller) as connection:
        rows = await everywhere.page(
            connection,
            scope,
            which,
            before=paging.before_moment(),
            limit=paging.fetch,
            now=resources.now(),
        )
    return paging.page(rows, lambda row: row, lambda row: (row.requested_at, row.id))


@router.get(OF_CAMERA, operation_id="list_approvals_of_camera", responses=problems(401, 403, 404))
async def of_camera(
    code: FacilityCode, device: DeviceCode, caller: CallerGiven, resources: Given
) -> list[ApprovalOut]:
    """All there ever were of one camera, newest first; names for those who may know them."""
    deed = Deed(Verb.LIST, Subject.CAMERA_APPROVAL, f"{code}/{device}", code)
    async with disclosing(resources, caller, deed) as connection:
        facility = await watched_facility(connection, code, caller)
        camera = await device_in(connection, facility.id, device)
        return list(await queries.shown(connection, camera.id, now=resources.now()))


@router.post(
    OF_CAMERA,
    status_code=201,
    operation_id="request_camera_approval",
    responses=problems(401, 403, 404, 409, 422),
)
async def request(
    code: FacilityCode,
    device: DeviceCode,
    given: RequestIn,
    caller: CallerGiven,
    resources: Given,
    response: Response,
) -> ApprovalOut:
    """Ask that a camera may record in a zone. Until somebody else allows it, it records nothing."""
    asked = await deciding.request(resources, caller, (code, device), given)
    response.headers["Location"] = f"/api/v1/facilities/{code}/devices/{device}/approvals"
    return asked


@router.post(
    OF_CAMERA + "/{approval}/approve",
    operation_id="approve_camera",
    responses=problems(401, 403, 404, 409, 422),
)
async def approve(
    code: FacilityCode,
    device: DeviceCode,
    approval_id: ApprovalId,
    given: ApproveIn,
    caller: CallerGiven,
    resources: Given,
) -> ApprovalOut:
    """Allow it from now on; not for whoever asked."""
    return await deciding.approve(resources, caller, (code, device), approval_id, given)


@router.post(
    OF_CAMERA + "/{approval}/refuse",
    operation_id="refuse_camera",
    responses=problems(401, 403, 404, 409, 422),
)
async def refuse(
    code: FacilityCode,
    device: DeviceCode,
    approval_id: ApprovalId,
    given: EndIn,
    caller: CallerGiven,
    resources: Given,
) -> ApprovalOut:
    """Say no, and why."""
    return await deciding.refuse(resources, caller, (code, device), approval_id, given)


@router.post(
    OF_CAMERA + "/{approval}/revoke",
    operation_id="revoke_camera_approval",
    responses=problems(401, 403, 404, 409, 422),
)
async def revoke(
    code: FacilityCode,
    device: DeviceCode,
    approval_id: ApprovalId,
    given: EndIn,
    caller: CallerGiven,
    resources: Given,
) -> ApprovalOut:
    """The camera records nothing from this moment; what it recorded before stays."""
    return await deciding.revoke(resources, caller, (code, device), approval_id, given)


@router.post(
    OF_CAMERA + "/{approval}/review",
    operation_id="review_camera",
    responses=problems(401, 403, 404, 409, 422),
)
async def review(
    code: FacilityCode,
    device: DeviceCode,
    approval_id: ApprovalId,
    given: ReviewIn,
    caller: CallerGiven,
    resources: Given,
) -> ApprovalOut:
    """The camera is still needed, and somebody looks again on a later day."""
    return await deciding.review(resources, caller, (code, device), approval_id, given)
