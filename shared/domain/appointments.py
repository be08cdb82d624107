"""Who may give which role where and for how long, and why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.domain.access import (
    DELEGATION,
    HELD_AT,
    LONGEST,
    Action,
    Assignment,
    PlaceKind,
    Role,
    scope_of,
)

#: Whose appointment says by what law, and with how much of their time.
NEEDS_BASIS: Final = frozenset({Role.COMMUNE_CPO})
#: Somebody must always be able to let others in.
NEVER_NONE: Final = Role.SYS_ADMIN


class Refusal(StrEnum):
    """Why a role is not given, changed or ended."""

    NOT_YOURS_TO_GIVE = "not_yours_to_give"
    WRONG_PLACE = "wrong_place"
    NEEDS_END = "needs_end"
    TOO_LONG = "too_long"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    IN_THE_PAST = "in_the_past"
    NEEDS_BASIS = "needs_basis"
    ONESELF = "oneself"
    LAST_ONE = "last_one"


@dataclass(frozen=True, slots=True)
class Where:
    """A place as far as the giving of roles there goes. A facility lies in a unit."""

    kind: PlaceKind
    facility_id: int | None = None
    admin_unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """From when to when, by what law, and with how much of somebody's working time."""

    valid_from: datetime
    valid_to: datetime | None = None
    legal_basis: str = ""
    time_share_percent: int | None = None


ChildrenOf = Mapping[int, Sequence[int]]


def may_give(
    held: Iterable[Assignment], role: Role, where: Where, *, children_of: ChildrenOf
) -> bool:
    """One and the same role of theirs must let them give it, and reach the place."""
    return any(
        role in DELEGATION.get(own.role, frozenset()) and _reaches(own, where, children_of)
        for own in held
    )


def roles_to_give(held: Iterable[Assignment]) -> frozenset[Role]:
    """Which roles they may give somewhere."""
    none: frozenset[Role] = frozenset()
    return none.union(*(DELEGATION.get(own.role, none) for own in held))


def _reaches(own: Assignment, where: Where, children_of: ChildrenOf) -> bool:
    scope = scope_of([own], Action.MANAGE_PEOPLE, children_of=dict(children_of))
    if where.kind is PlaceKind.EVERYWHERE:
        return scope.is_everywhere
    if where.kind is PlaceKind.FACILITY:
        return (
            where.facility_id is not None
            and where.admin_unit_id is not None
            and scope.covers(facility_id=where.facility_id, admin_unit_id=where.admin_unit_id)
        )
    return where.admin_unit_id is not None and scope.covers_unit(where.admin_unit_id)


def why_not(role: Role, where: Where, term: Term, *, now: datetime) -> Refusal | None:
    """What is wrong with an appointment, whoever makes it. It may begin today, not earlier."""
    if where.kind not in HELD_AT.get(role, frozenset()):
        return Refusal.WRONG_PLACE
    if role in NEEDS_BASIS and not (term.legal_basis and term.time_share_percent):
        return Refusal.NEEDS_BASIS
    if term.valid_from < now:
        return Refusal.IN_THE_PAST
    return why_not_until(role, term.valid_from, term.valid_to, now=now)


def why_not_until(
    role: Role, valid_from: datetime, valid_to: datetime | None, *, now: datetime
) -> Refusal | None:
    """What is wrong with an end; that there is none is fine, where a role may last."""
    longest = LONGEST.get(role)
    if valid_to is None:
        return None if longest is None else Refusal.NEEDS_END
    if valid_to <= valid_from:
        return Refusal.ENDS_BEFORE_IT_BEGINS
    if valid_to < now:
        return Refusal.IN_THE_PAST
    if longest is not None and valid_to - valid_from > longest:
        return Refusal.TOO_LONG
    return None


def is_last(role: Role, *, others: int) -> bool:
    """Whether nobody would hold it any more whose ending leaves `others` who do."""
    return role is NEVER_NONE and others < 1
