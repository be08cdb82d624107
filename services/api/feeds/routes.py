"""`/agency/…`: what an agency pulls under its grants, and the grants themselves."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.api.feeds import formats, pulling
from services.api.feeds.agency import Agency, AgencyGiven, still_taken
from services.api.feeds.formats import MEDIA, Format
from services.api.feeds.pulling import Asked, Pull
from services.api.feeds.schemas import PullIn, PullOut
from services.api.openapi import problems
from services.api.problems import RequestError
from services.api.resources import Given, Resources
from shared.domain.disclosure import Dataset

router = APIRouter(prefix="/agency", tags=["agency"])

_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    **problems(401, 403, 404, 406, 409, 410, 422, 429),
    200: {
        "model": PullOut,
        "description": "Lines that `put` something in its place or `remove` it",
        "content": {
            MEDIA[Format.NDJSON]: {"schema": {"type": "string"}},
            MEDIA[Format.CSV]: {"schema": {"type": "string"}},
        },
    },
    304: {"description": "As you have it"},
}


def _add(dataset: Dataset) -> None:
    """One address for each dataset; what differs is only what is on the page."""

    async def pulled(
        request: Request,
        agency: AgencyGiven,
        resources: Given,
        given: Annotated[PullIn, Query()],
    ) -> Response:
        asked = Asked(
            dataset=dataset,
            grant_id=given.grant,
            cursor=given.cursor,
            since=given.since,
            facility=given.facility,
            first_day=given.first_day,
            end_day=given.to,
            limit=given.limit,
        )
        return await _answer(request, agency, resources, asked, given.written)

    router.add_api_route(
        f"/{dataset}",
        pulled,
        methods=["GET"],
        operation_id=f"pull_{dataset}",
        summary=f"Pull {dataset}",
        description=(
            "Everything as it is, page by page; with `since`, only what changed. State your purpose"
            " in the header X-Purpose; else that of the grant goes on record."
        ),
        response_class=Response,
        responses=_ANSWERS,
    )


for _dataset in Dataset:
    _add(_dataset)


async def _answer(
    request: Request, agency: Agency, resources: Resources, asked: Asked, written: Format | None
) -> Response:
    kind = formats.chosen(request, written)
    first = await pulling.pull(resources, agency, asked)
    match kind:
        case Format.JSON:
            return formats.as_json(request, first)
        case Format.CSV:
            return formats.as_csv(request, first)
        case Format.NDJSON:
            return formats.as_ndjson(_pages(resources, agency, asked, first))


async def _pages(
    resources: Resources, agency: Agency, asked: Asked, first: Pull
) -> AsyncIterator[Pull | RequestError]:
    """Each page is granted anew: what is revoked meanwhile ends the stream."""
    page = first
    yield page
    while page.next is not None:
        following = replace(asked, cursor=page.next, since=None, grant_id=page.grant.id)
        try:
            await still_taken(resources, agency)
            page = await pulling.pull(resources, agency, following)
        except RequestError as exc:
            yield exc
            return
        yield page
