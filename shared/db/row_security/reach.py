"""How far a caller reaches, as a condition on the columns of a row."""

from collections.abc import Mapping, Sequence
from typing import Final

from shared.domain.access import Action

_A = Action
#: How far a caller reaches, and with which rights. `any` is that a place is theirs at all.
REACHES: Final[Mapping[str, Sequence[Action]]] = {
    "any": tuple(Action),
    "watch": (_A.WATCH,),
    "quarantine": (_A.SEE_QUARANTINE,),
    "documents": (_A.SEE_DOCUMENTS,),
    "people": (_A.SEE_PEOPLE, _A.MANAGE_PEOPLE),
    "named": (_A.SEE_PEOPLE,),
    "addresses": (_A.SEE_ADDRESSES,),
    "actors": (_A.SEE_ACTORS,),
    "grants": (_A.SEE_GRANTS,),
    "agencies": (_A.SEE_GRANTS, _A.MANAGE_AGENCIES),
    "log": (_A.SEE_ACCESS_LOG,),
    "ladders": (_A.MANAGE_LADDERS,),
    "templates": (_A.MANAGE_TEMPLATES,),
    "deliveries": (_A.SEE_DELIVERIES,),
    "webhooks": (_A.MANAGE_AGENCIES,),
    "approvals": (
        _A.REQUEST_EXCEPTION,
        _A.APPROVE_EXCEPTION,
        _A.REQUEST_EXPORT,
        _A.APPROVE_EXPORT,
    ),
}

#: That somebody asks who is known.
KNOWN: Final = "(SELECT nullif(current_setting('giamsat.actor', true), '')) IS NOT NULL"
SYSTEM: Final = "(SELECT current_setting('giamsat.actor', true)) = 'system'"
#: The person who asks; nobody for an agency and for ourselves.
ME: Final = "(SELECT giamsat_me())"
#: The agency that asks; none for a person and for ourselves.
CLIENT: Final = "(SELECT giamsat_client())"


def everywhere(reach: str) -> str:
    return f"(SELECT giamsat_everywhere('{reach}'))"


def somewhere(reach: str) -> str:
    """Whether there is any place at all where the caller has these rights."""
    return f"(SELECT giamsat_somewhere('{reach}'))"


def at(reach: str, *, unit: str, facility: str) -> str:
    """Whether a place, given by the columns of its unit and its facility, is within reach."""
    return (
        f"({everywhere(reach)} OR {unit} IN (SELECT giamsat_units('{reach}')) "
        f"OR {facility} IN (SELECT giamsat_facilities('{reach}')))"
    )


def of_facility(reach: str, column: str = "facility_id") -> str:
    """Whether the facility in a column is within reach."""
    where = at(reach, unit="f.admin_unit_id", facility="f.id")
    return f"{column} IN (SELECT f.id FROM facility f WHERE {where})"


def of_place(reach: str, *, unit: str = "admin_unit_id", facility: str = "facility_id") -> str:
    """Whether what hangs on a unit, or on a facility wherever it lies, is within reach."""
    return f"({at(reach, unit=unit, facility=facility)} OR {of_facility(reach, facility)})"


def of_visible(table: str, column: str, key: str = "id") -> str:
    """Whether what a column refers to is visible itself. Few rows are looked at this way."""
    return f"EXISTS (SELECT FROM {table} v WHERE v.{key} = {column})"
