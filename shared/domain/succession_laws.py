"""What must be true of units and their successions; whatever is imported is held against it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from shared.domain.jurisdiction import Change, Level, Order, Succession, Unit

_RANK: Final = {Level.PROVINCE: 0, Level.DISTRICT: 1, Level.COMMUNE: 2}


class Wrong(StrEnum):
    """How units or successions contradict themselves or one another."""

    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    CODE_TAKEN_THEN = "code_taken_then"
    NO_PARENT = "no_parent"
    PARENT_IS_NOT_ABOVE = "parent_is_not_above"
    OUTLIVES_ITS_PARENT = "outlives_its_parent"
    DOES_NOT_END_THEN = "does_not_end_then"
    SUCCESSOR_NOT_THERE_THEN = "successor_not_there_then"
    SUCCESSOR_OF_OTHER_LEVEL = "successor_of_other_level"
    SUCCEEDS_ITSELF = "succeeds_itself"
    KIND_DOES_NOT_FIT = "kind_does_not_fit"


@dataclass(frozen=True, slots=True)
class UnitFault:
    unit_id: int
    wrong: Wrong


@dataclass(frozen=True, slots=True)
class SuccessionFault:
    succession: Succession
    wrong: Wrong


def faults_of_units(order: Order) -> Iterator[UnitFault]:
    for unit in order.units.values():
        if unit.valid_to is not None and unit.valid_to <= unit.valid_from:
            yield UnitFault(unit.id, Wrong.ENDS_BEFORE_IT_BEGINS)
        if (wrong := _above(order, unit)) is not None:
            yield UnitFault(unit.id, wrong)
    yield from _codes_twice(order.units.values())


def _above(order: Order, unit: Unit) -> Wrong | None:
    """A province has nothing above it; every other unit something higher that lasts as long."""
    if unit.parent_id is None:
        return None if unit.level is Level.PROVINCE else Wrong.NO_PARENT
    parent = order.units[unit.parent_id]
    if _RANK[parent.level] >= _RANK[unit.level]:
        return Wrong.PARENT_IS_NOT_ABOVE
    lasts = parent.valid_to is None or (
        unit.valid_to is not None and unit.valid_to <= parent.valid_to
    )
    return None if parent.valid_from <= unit.valid_from and lasts else Wrong.OUTLIVES_ITS_PARENT


def _codes_twice(units: Iterable[Unit]) -> Iterator[UnitFault]:
    by_code: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        by_code[unit.code].append(unit)
    for bearers in by_code.values():
        bearers.sort(key=lambda unit: unit.valid_from)
        for earlier, later in pairwise(bearers):
            if earlier.valid_to is None or later.valid_from < earlier.valid_to:
                yield UnitFault(later.id, Wrong.CODE_TAKEN_THEN)


def faults_of_successions(order: Order) -> Iterator[SuccessionFault]:
    for one in order.successions:
        if (wrong := _wrong(order, one)) is not None:
            yield SuccessionFault(one, wrong)


def _wrong(order: Order, one: Succession) -> Wrong | None:
    if order.units[one.from_id].valid_to != one.effective_on:
        return Wrong.DOES_NOT_END_THEN
    if not _fits(order, one):
        return Wrong.KIND_DOES_NOT_FIT
    return None if one.to_id is None else _wrong_heir(order, one, order.units[one.to_id])


def _wrong_heir(order: Order, one: Succession, heir: Unit) -> Wrong | None:
    if heir.id == one.from_id:
        return Wrong.SUCCEEDS_ITSELF
    if heir.level is not order.units[one.from_id].level:
        return Wrong.SUCCESSOR_OF_OTHER_LEVEL
    return None if heir.holds_on(one.effective_on) else Wrong.SUCCESSOR_NOT_THERE_THEN


def _fits(order: Order, one: Succession) -> bool:
    """Merged and renamed units have one successor, split ones several, abolished ones none."""
    heirs = [other.to_id for other in order.after(one.from_id)]
    match one.kind:
        case Change.ABOLISH:
            return heirs == [None]
        case Change.SPLIT:
            return len(heirs) > 1 and None not in heirs
        case Change.MERGE:
            return len(heirs) == 1 and one.to_id is not None
        case Change.RENAME:
            return len(heirs) == 1 and one.to_id is not None and len(order.before(one.to_id)) == 1
