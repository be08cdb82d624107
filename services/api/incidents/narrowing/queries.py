"""Which incidents somebody asks for, as conditions; API and board narrow alike."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY

from services.api.console.folding import words_in
from shared.db.tables.alerting import incident
from shared.db.tables.people import acknowledgement
from shared.db.tables.registry import admin_unit, facility
from shared.domain.states import Cause, IncidentState, Severity

_MOST_WORDS: Final = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is absent does not narrow."""

    state: IncidentState | None = None
    facility_id: int | None = None
    severity: Severity | None = None
    cause: Cause | None = None
    #: Whose they are to see to.
    assigned_to: int | None = None
    is_acknowledged: bool | None = None
    #: Words in the name of the facility or of its commune.
    text: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing but the state narrows, so that what belongs together stands together."""
        return self == Wanted(state=self.state)


def narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    """For a statement that joins to the incident its facility, and that one's unit or its area."""
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (incident.c.state, wanted.state),
        (incident.c.facility_id, wanted.facility_id),
        (incident.c.severity, wanted.severity),
        (incident.c.cause, wanted.cause),
        (incident.c.assigned_to, wanted.assigned_to),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.is_acknowledged is not None:
        is_taken = or_(incident.c.acknowledged_at.is_not(None), _acknowledged())
        conditions.append(is_taken if wanted.is_acknowledged else ~is_taken)
    return conditions + [_named(word) for word in words_in(wanted.text)[:_MOST_WORDS]]


def _acknowledged() -> ColumnElement[bool]:
    """Also before alerts has taken it in."""
    return exists(
        select(acknowledgement.c.id).where(acknowledgement.c.incident_id == incident.c.id)
    )


def _named(word: str) -> ColumnElement[bool]:
    """Words without marks begin words of the names, as everywhere. Names are looked at once each,
    not once an incident.
    """
    begins = cast(f"'{word}':*", TSQUERY)
    house, unit = facility.alias("house"), admin_unit.alias("unit")
    words = func.search_words(unit.c.name, unit.c.code)
    return or_(
        facility.c.id.in_(select(house.c.id).where(house.c.search.op("@@")(begins))),
        admin_unit.c.id.in_(select(unit.c.id).where(words.op("@@")(begins))),
    )
