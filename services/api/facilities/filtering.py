"""The filters of a page of facilities, as its address has them; what was left open is absent."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from services.api.facilities.asked import FIRST_DAY, LicenceFilter, Order, Wanted
from services.api.facilities.schemas import Ownership
from shared.domain.facility_status import Status
from shared.domain.facility_types import FacilityType

Choice = TypeVar("Choice", bound=StrEnum)
NAMES = ("q", "admin_unit", "status", "ownership", "type", "licence", "as_of")


def wanted_of(params: Mapping[str, str], *, today: date) -> Wanted:
    """What nobody could have chosen is not chosen."""
    as_of = _day(params.get("as_of", ""))
    wanted = Wanted(
        on=as_of or today,
        is_past=as_of is not None and as_of < today,
        words=params.get("q", "")[:200].replace("\x00", ""),
        admin_unit=params.get("admin_unit", "")[:100].replace("\x00", "") or None,
        order=Order.NAME,
    )
    return replace(
        wanted,
        status=_choice(Status, params.get("status")),
        ownership=_choice(Ownership, params.get("ownership")),
        type=_choice(FacilityType, params.get("type")),
        licence=_choice(LicenceFilter, params.get("licence")),
    )


def address_of(params: Mapping[str, str], **more: str) -> str:
    """The same filters again, with a page or another view of them."""
    kept = {name: params[name] for name in NAMES if params.get(name)}
    return urlencode(kept | more)


def _choice(kind: type[Choice], text: str | None) -> Choice | None:
    with suppress(ValueError):
        return kind(text) if text else None
    return None


def _day(text: str) -> date | None:
    with suppress(ValueError):
        day = date.fromisoformat(text)
        return day if FIRST_DAY <= day < date(2200, 1, 1) else None
    return None
