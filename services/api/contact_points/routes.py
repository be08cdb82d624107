"""`/account/telephones`: where one wants to be told, besides one's mail address."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.api.access.caller import CallerGiven
from services.api.contact_points import keeping
from services.api.contact_points.schemas import (
    CodeIn,
    TelephoneChangeIn,
    TelephoneIn,
    TelephoneOut,
)
from services.api.inputs import changes_in
from services.api.openapi import problems
from services.api.resources import Given

router = APIRouter(prefix="/account/telephones", tags=["account"])
TelephoneNumber = Annotated[int, Path(alias="telephone", ge=1, lt=2**63)]


@router.get("", operation_id="list_own_telephones", responses=problems(401, 403))
async def list_own(caller: CallerGiven, resources: Given) -> list[TelephoneOut]:
    """One's own; nobody else sees them here."""
    return list(await keeping.listed(resources, caller))


@router.post(
    "",
    status_code=201,
    operation_id="add_telephone",
    responses=problems(401, 403, 409, 422, 429),
)
async def add(given: TelephoneIn, caller: CallerGiven, resources: Given) -> TelephoneOut:
    """A code is sent to it, and proves whose it is."""
    return await keeping.add(resources, caller, given)


@router.post(
    "/{telephone}/code",
    status_code=202,
    operation_id="send_telephone_code",
    responses=problems(401, 403, 404, 409, 422, 429),
)
async def send_code(
    telephone: TelephoneNumber, caller: CallerGiven, resources: Given
) -> TelephoneOut:
    """Another code, in place of the one before."""
    return await keeping.send_code_again(resources, caller, telephone)


@router.post(
    "/{telephone}/verification",
    operation_id="verify_telephone",
    responses=problems(401, 403, 404, 409, 422, 429),
)
async def verify(
    telephone: TelephoneNumber, given: CodeIn, caller: CallerGiven, resources: Given
) -> TelephoneOut:
    """With the code that came; from then on alerts go to it too."""
    return await keeping.verify(resources, caller, telephone, given.code)


@router.patch(
    "/{telephone}",
    operation_id="change_telephone",
    responses=problems(401, 403, 404, 422),
)
async def change(
    telephone: TelephoneNumber, given: TelephoneChangeIn, caller: CallerGiven, resources: Given
) -> TelephoneOut:
    """Its name, and whether Vietnamese is written with its marks."""
    return await keeping.change(resources, caller, telephone, changes_in(given))


@router.post(
    "/{telephone}/test",
    status_code=202,
    operation_id="test_telephone",
    responses=problems(401, 403, 404, 409, 422, 429),
)
async def test(telephone: TelephoneNumber, caller: CallerGiven, resources: Given) -> TelephoneOut:
    """Send a test; `last_text` tells later what became of it."""
    return await keeping.test(resources, caller, telephone)


@router.delete(
    "/{telephone}",
    status_code=204,
    operation_id="remove_telephone",
    response_class=Response,
    responses=problems(401, 403, 404, 422),
)
async def remove(telephone: TelephoneNumber, caller: CallerGiven, resources: Given) -> None:
    """Nothing is sent to it any more, and nothing that comes from it counts."""
    await keeping.remove(resources, caller, telephone)
