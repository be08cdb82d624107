"""`/agencies/{agency}/webhooks`: list, add, remove."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.api.access.caller import CallerGiven
from services.api.agencies.routes import AgencyCode
from services.api.openapi import problems
from services.api.resources import Given
from services.api.webhooks import registering
from services.api.webhooks.schemas import WebhookIn, WebhookMade, WebhookOut

router = APIRouter(prefix="/agencies/{agency}/webhooks", tags=["sharing"])
WebhookId = Annotated[int, Path(alias="webhook", ge=1, lt=2**63)]


@router.get("", operation_id="list_webhooks", responses=problems(401, 403, 404))
async def list_webhooks(
    agency: AgencyCode, caller: CallerGiven, resources: Given
) -> list[WebhookOut]:
    """Where an agency is called, and how the calls go. Newest first."""
    return list(await registering.listed(resources, caller, agency))


@router.post(
    "",
    status_code=201,
    operation_id="add_webhook",
    responses=problems(401, 403, 404, 409, 422, 503),
)
async def add(
    agency: AgencyCode, given: WebhookIn, caller: CallerGiven, resources: Given
) -> WebhookMade:
    """Call an agency when there is something new under its grants. The secret is shown once."""
    return await registering.add(resources, caller, agency, given)


@router.delete(
    "/{webhook}",
    status_code=204,
    operation_id="remove_webhook",
    response_class=Response,
    responses=problems(401, 403, 404),
)
async def remove(
    agency: AgencyCode, webhook_id: WebhookId, caller: CallerGiven, resources: Given
) -> None:
    """Call there no more, and do not tell what still waits."""
    await registering.remove(resources, caller, agency, webhook_id)
