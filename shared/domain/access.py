"""Who may see and do what, where: the one table that API, console and tests read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The roles in use (DOMAIN §4). Each is held at a place and between two dates."""

    FACILITY_MANAGER = "FACILITY_MANAGER"
    CAREGIVER = "CAREGIVER"
    COMMUNE_CPO = "COMMUNE_CPO"
    DEPT_OFFICER = "DEPT_OFFICER"
    INSPECTOR = "INSPECTOR"
    PPC_LEADER = "PPC_LEADER"
    SYS_ADMIN = "SYS_ADMIN"


class Action(StrEnum):
    """What can be done to what is in one's place."""

    SEE = "see"
    REGISTER_FACILITY = "register_facility"
    CHANGE_FACILITY = "change_facility"
    MANAGE_DEVICES = "manage_devices"
    ACKNOWLEDGE = "acknowledge"
    SEE_QUARANTINE = "see_quarantine"
    SEE_PEOPLE = "see_people"
    MANAGE_RETENTION = "manage_retention"


POLICY: Final[dict[Role, frozenset[Action]]] = {
    Role.FACILITY_MANAGER: frozenset(
        {Action.SEE, Action.MANAGE_DEVICES, Action.ACKNOWLEDGE, Action.SEE_QUARANTINE}
    ),
    Role.CAREGIVER: frozenset({Action.SEE, Action.ACKNOWLEDGE}),
    Role.COMMUNE_CPO: frozenset({Action.SEE, Action.ACKNOWLEDGE}),
    Role.DEPT_OFFICER: frozenset(Action),
    Role.INSPECTOR: frozenset({Action.SEE, Action.ACKNOWLEDGE, Action.SEE_QUARANTINE}),
    Role.PPC_LEADER: frozenset({Action.SEE}),
    Role.SYS_ADMIN: frozenset(Action),
}


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role at a place: a facility, an administrative unit and all below it, or everywhere."""

    role: Role
    facility_id: int | None = None
    admin_unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a person may do one thing. Nothing named and not everywhere means nowhere."""

    is_everywhere: bool = False
    admin_unit_ids: tuple[int, ...] = ()
    facility_ids: tuple[int, ...] = ()

    @property
    def is_nowhere(self) -> bool:
        return not (self.is_everywhere or self.admin_unit_ids or self.facility_ids)

    def covers(self, *, facility_id: int, admin_unit_id: int) -> bool:
        """Whether a facility, which lies in an administrative unit, is within."""
        return (
            self.is_everywhere
            or facility_id in self.facility_ids
            or self.covers_unit(admin_unit_id)
        )

    def covers_unit(self, admin_unit_id: int) -> bool:
        return self.is_everywhere or admin_unit_id in self.admin_unit_ids


def scope_of(
    assignments: Iterable[Assignment], action: Action, *, children_of: dict[int, Sequence[int]]
) -> Scope:
    """Where these roles allow an action. `children_of`: the units directly below a unit."""
    facilities: set[int] = set()
    units: set[int] = set()
    for held in assignments:
        if action not in POLICY[held.role]:
            continue
        if held.facility_id is not None:
            facilities.add(held.facility_id)
        elif held.admin_unit_id is not None:
            units |= _with_all_below(held.admin_unit_id, children_of)
        else:
            return Scope(is_everywhere=True)
    return Scope(admin_unit_ids=tuple(sorted(units)), facility_ids=tuple(sorted(facilities)))


def _with_all_below(unit_id: int, children_of: dict[int, Sequence[int]]) -> set[int]:
    found: set[int] = set()
    left = [unit_id]
    while left:
        unit = left.pop()
        if unit not in found:
            found.add(unit)
            left.extend(children_of.get(unit, ()))
    return found
