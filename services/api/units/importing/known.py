"""What is on record of units and authorities before something is brought in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from shared.domain.jurisdiction import Change, Level, Order, Succession, Unit

#: A row's columns and what they hold.
Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Known:
    """Rows by what tells them apart; what they hold under the names of the columns."""

    units: Mapping[int, Values] = field(default_factory=dict)
    #: by (from, to, day)
    successions: Mapping[tuple[int, int | None, date], tuple[int, Values]] = field(
        default_factory=dict
    )
    #: by code
    authorities: Mapping[str, tuple[int, Values]] = field(default_factory=dict)
    #: by (authority, subject matter, day)
    competences: Mapping[tuple[int, str, date], tuple[int, Values]] = field(default_factory=dict)
    #: by code: its number and its unit
    facilities: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    #: by (facility, day)
    assignments: Mapping[tuple[int, date], tuple[int, Values]] = field(default_factory=dict)


def order_of(
    units: Mapping[int, Values], successions: Mapping[tuple[int, int | None, date], Values]
) -> Order:
    return Order(
        {number: _unit(number, values) for number, values in units.items()},
        tuple(
            Succession(from_id, to_id, Change(str(values["kind"])), day)
            for (from_id, to_id, day), values in successions.items()
        ),
    )


def _unit(number: int, values: Values) -> Unit:
    code, level, parent_id = values["code"], values["level"], values["parent_id"]
    valid_from, valid_to = values["valid_from"], values["valid_to"]
    if not isinstance(valid_from, date):
        raise TypeError(f"unit {number} begins on no day")
    return Unit(
        number,
        str(code),
        Level(str(level)),
        parent_id if isinstance(parent_id, int) else None,
        valid_from,
        valid_to if isinstance(valid_to, date) else None,
    )
