"""What forms offer: the roles that a reader may give, and the places where."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.api.access.caller import Caller
from services.api.access.transactions import reading
from services.api.people import queries
from services.api.people.places import assignments
from services.api.people.queries import Offered
from services.api.people.schemas import AppointmentIn
from services.api.people.words import ROLES
from services.api.resources import Resources
from shared.domain.access import HELD_AT, Action, PlaceKind, Role
from shared.domain.appointments import roles_to_give
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day
from shared.i18n import Translator

_FACILITY, _UNIT = "facility", "unit"


@dataclass(frozen=True, slots=True)
class Choices:
    """As the form shows them."""

    roles: tuple[tuple[Role, str], ...]
    has_everywhere: bool
    units: tuple[Offered, ...]
    facilities: tuple[Offered, ...]
    today: str


async def choices(resources: Resources, caller: Caller, t: Translator) -> Choices:
    now = resources.now()
    today = local_day(now, COUNTRY_TIME_ZONE)
    roles = sorted(roles_to_give(assignments(caller)), key=lambda role: t.gettext(ROLES[role]))
    kinds = {kind for role in roles for kind in HELD_AT[role]}
    scope = caller.scope(Action.MANAGE_PEOPLE)
    async with reading(resources, caller) as connection:
        units = await queries.units_in(connection, scope, on=today)
        facilities = await queries.facilities_in(connection, scope)
    return Choices(
        roles=tuple((role, t.gettext(ROLES[role])) for role in roles),
        has_everywhere=scope.is_everywhere and PlaceKind.EVERYWHERE in kinds,
        units=tuple(units) if kinds & {PlaceKind.COMMUNE, PlaceKind.PROVINCE} else (),
        facilities=tuple(facilities) if PlaceKind.FACILITY in kinds else (),
        today=today.isoformat(),
    )


def appointment_in(typed: dict[str, str], *, now: datetime) -> AppointmentIn:
    """From a form. Days are days of the country, and the last one is meant whole."""
    kind, _, code = typed.get("place", "").partition(":")
    values: dict[str, str] = {
        name: typed[name] for name in ("role", "legal_basis", "authority") if name in typed
    }
    if kind == _FACILITY:
        values["facility"] = code
    elif kind == _UNIT:
        values["admin_unit"] = code
    begins = _day(typed.get("valid_from"))
    return AppointmentIn.model_validate(
        {
            **values,
            "valid_from": None if begins is None or begins <= now else begins,
            "valid_to": last_day(typed.get("valid_to")),
            "is_deputy": "is_deputy" in typed,
            "time_share_percent": typed.get("time_share_percent"),
        }
    )


def last_day(text: str | None) -> datetime | None:
    """The moment at which a day is over."""
    begins = _day(text)
    return None if begins is None else begins + timedelta(days=1)


def _day(text: str | None) -> datetime | None:
    """Raises `ValueError` for what is no day."""
    if not text:
        return None
    day = datetime.fromisoformat(text).date()
    return datetime.combine(day, time(), ZoneInfo(COUNTRY_TIME_ZONE))
