"""What part of the facilities somebody asks for, in which order, as of which day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Depends, Query

from services.api.facilities.schemas import Ownership
from services.api.inputs import Text
from services.api.resources import Given
from shared.domain.facility_status import Status
from shared.domain.facility_types import FacilityType
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day

FIRST_DAY: Final = date(1945, 9, 2)


class LicenceFilter(StrEnum):
    """Facilities by their licence; `expiring`: within 90 days."""

    NONE = "none"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Order(StrEnum):
    """`name` is the order of the Vietnamese alphabet."""

    CODE = "code"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Every filter that is set must fit."""

    on: date
    is_past: bool = False
    words: str = ""
    admin_unit: str | None = None
    status: Status | None = None
    ownership: Ownership | None = None
    type: FacilityType | None = None
    licence: LicenceFilter | None = None
    order: Order = Order.CODE
    with_retired: bool = False


AsOf = Annotated[
    date | None,
    Query(ge=FIRST_DAY, le=date(2200, 1, 1), description="A day of the past; default: today"),
]


def _wanted(  # noqa: PLR0913, PLR0917 - each is a query parameter
    resources: Given,
    q: Annotated[
        Text, Query(max_length=200, description="Beginnings of words; marks do not matter")
    ] = "",
    admin_unit: Annotated[
        Text | None, Query(max_length=100, description="Code of a unit; all below it as well")
    ] = None,
    status: Annotated[Status | None, Query()] = None,
    ownership: Annotated[Ownership | None, Query()] = None,
    type: Annotated[FacilityType | None, Query()] = None,  # noqa: A002 - its name in the address
    licence: Annotated[LicenceFilter | None, Query()] = None,
    order: Annotated[Order, Query()] = Order.CODE,
    as_of: AsOf = None,
    retired: Annotated[bool, Query(description="Also those retired")] = False,  # noqa: FBT002 - a query parameter
) -> Wanted:
    today = local_day(resources.now(), COUNTRY_TIME_ZONE)
    return Wanted(
        on=as_of or today,
        is_past=as_of is not None and as_of < today,
        words=q,
        admin_unit=admin_unit,
        status=status,
        ownership=ownership,
        type=type,
        licence=licence,
        order=order,
        with_retired=retired,
    )


#: A route's parameter of this type says what part of a list is wanted.
WantedGiven = Annotated[Wanted, Depends(_wanted)]
