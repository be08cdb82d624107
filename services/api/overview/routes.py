"""`/overview`: who is not being watched right now, and everybody's last day."""

from fastapi import APIRouter, Response

from services.api.access.caller import CallerGiven
from services.api.access.transactions import reading
from services.api.openapi import problems, schema_of
from services.api.overview import picture, queries, schemas
from services.api.overview.schemas import OverviewOut
from services.api.resources import Given
from shared.domain.access import Action

router = APIRouter(prefix="/overview", tags=["overview"])


@router.get(
    "",
    operation_id="overview",
    response_class=Response,
    responses={
        **problems(401),
        200: {"content": {"application/json": {"schema": schema_of(OverviewOut)}}},
    },
)
async def overview(caller: CallerGiven, resources: Given) -> Response:
    """The last 24 hours of every facility one may see, those not watched now first.

    Time in no span did not have to be watched. Unknown time is the platform's own blindness and
    counts neither for nor against a facility.
    """
    now = resources.now()
    async with reading(resources, caller) as connection:
        record = await queries.record(connection, caller.scope(Action.WATCH), now=now)
    body = schemas.encoded(picture.overview(record, now=now))
    return Response(body, media_type="application/json")
