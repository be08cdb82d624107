"""The page on which a facility comes on record: registered, or discovered without papers."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.console.frames import frame
from services.api.console.render import page
from services.api.facilities.browsing import may
from services.api.facilities.listing import queries as listing
from services.api.licences import words as law
from services.api.problems import ForbiddenError
from services.api.resources import Resources
from shared.domain.access import Action
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day


async def sheet(
    request: Request,
    viewer: Caller,
    resources: Resources,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response:
    can = may(viewer)
    if not (can["may_register"] or can["may_discover"]):
        raise ForbiddenError("None of your roles allows this.")
    now = resources.now()
    async with reading(resources, viewer) as connection:
        units = await listing.units_of_today(
            connection,
            viewer.scope(Action.DISCOVER_FACILITY),
            today=local_day(now, COUNTRY_TIME_ZONE),
        )
    return page(
        frame(request, viewer, now=now),
        "new_facility.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        units=units,
        given=typed or {},
        faults=faults or {},
        law=law,
        today=local_day(now, COUNTRY_TIME_ZONE),
        **can,
    )


def fields_of(typed: Mapping[str, str]) -> dict[str, object]:
    """A box that is not ticked is not sent; decimals may have a comma."""
    fields: dict[str, object] = dict(typed)
    fields["cares_for_children"] = "cares_for_children" in typed
    for name in ("latitude", "longitude"):
        if name in typed:
            fields[name] = typed[name].replace(",", ".")
    return fields
