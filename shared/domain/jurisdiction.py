"""Where a facility lies on a day, and what becomes of it when the state is arranged anew.

Units begin and end; a succession says what follows what. A facility whose unit ended goes with it:

lies in a unit ──the unit ended──▶ one successor: it inherits     (Move)
                                   several, and one was chosen    (Move)
                                   several or none, none chosen   (Unassigned: it stays, loudly)

All terms are half-open: `valid_to` is the first day on which a thing is no more.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """The tiers of the state; the middle one ended on 2025-07-01."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class UnitKind(StrEnum):
    """What a unit is called by law."""

    PROVINCE = "province"
    MUNICIPALITY = "municipality"
    CITY = "city"
    TOWN = "town"
    DISTRICT = "district"
    WARD = "ward"
    COMMUNE = "commune"
    TOWNSHIP = "township"
    SPECIAL_ZONE = "special_zone"


class Change(StrEnum):
    """How a unit ended."""

    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"
    ABOLISH = "abolish"


LEVEL_OF: Final[Mapping[UnitKind, Level]] = {
    UnitKind.PROVINCE: Level.PROVINCE,
    UnitKind.MUNICIPALITY: Level.PROVINCE,
    UnitKind.CITY: Level.DISTRICT,
    UnitKind.TOWN: Level.DISTRICT,
    UnitKind.DISTRICT: Level.DISTRICT,
    UnitKind.WARD: Level.COMMUNE,
    UnitKind.COMMUNE: Level.COMMUNE,
    UnitKind.TOWNSHIP: Level.COMMUNE,
    UnitKind.SPECIAL_ZONE: Level.COMMUNE,
}


def holds_on(valid_from: date, valid_to: date | None, day: date) -> bool:
    return valid_from <= day and (valid_to is None or day < valid_to)


@dataclass(frozen=True, slots=True)
class Unit:
    """An administrative unit during its term. Codes may return, and names do: `id` is its own."""

    id: int
    code: str
    level: Level
    parent_id: int | None
    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return holds_on(self.valid_from, self.valid_to, day)


@dataclass(frozen=True, slots=True)
class Succession:
    """From `effective_on` another unit, or none, is where this one was."""

    from_id: int
    to_id: int | None
    kind: Change
    effective_on: date


@dataclass(frozen=True, slots=True)
class Order:
    """All units that ever were, and what followed what."""

    units: Mapping[int, Unit]
    successions: Sequence[Succession] = ()
    _after: Mapping[int, Sequence[Succession]] = field(init=False, repr=False)
    _before: Mapping[int, Sequence[Succession]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        after: dict[int, list[Succession]] = defaultdict(list)
        before: dict[int, list[Succession]] = defaultdict(list)
        for one in self.successions:
            after[one.from_id].append(one)
            if one.to_id is not None:
                before[one.to_id].append(one)
        object.__setattr__(self, "_after", dict(after))
        object.__setattr__(self, "_before", dict(before))

    def after(self, unit_id: int) -> Sequence[Succession]:
        """What directly follows a unit."""
        return self._after.get(unit_id, ())

    def before(self, unit_id: int) -> Sequence[Succession]:
        """What a unit directly follows."""
        return self._before.get(unit_id, ())

    def heirs(self, unit_id: int, day: date) -> frozenset[int]:
        """The units of a day in which a unit of an earlier one lies: itself, if it still holds."""
        found: set[int] = set()
        left, seen = [unit_id], {unit_id}
        while left:
            one = left.pop()
            if self.units[one].holds_on(day):
                found.add(one)
                continue
            heirs = {
                s.to_id for s in self.after(one) if s.to_id is not None and s.effective_on <= day
            }
            left += sorted(heirs - seen)
            seen |= heirs
        return frozenset(found)

    def chain(self, unit_id: int) -> tuple[int, ...]:
        """A unit and all above it, the nearest first."""
        found: list[int] = []
        at: int | None = unit_id
        while at is not None and at not in found:
            found.append(at)
            at = self.units[at].parent_id
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a facility of a unit that was split, or has no successor, goes by decision."""

    facility_id: int
    to_id: int
    effective_on: date


@dataclass(frozen=True, slots=True)
class Move:
    """A facility lies in another unit from a day on."""

    facility_id: int
    from_id: int
    to_id: int
    effective_on: date


@dataclass(frozen=True, slots=True)
class Unassigned:
    """Its unit is no more, and nobody has said which of the successors it lies in."""

    facility_id: int
    unit_id: int
    since: date
    candidates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CutOver:
    """What is due by a day, in order."""

    moves: tuple[Move, ...] = ()
    unassigned: tuple[Unassigned, ...] = ()


def cut_over(
    order: Order, homes: Mapping[int, int], choices: Iterable[Choice], *, today: date
) -> CutOver:
    """`homes`: the unit of each facility. What ends later waits; doing it twice does nothing."""
    chosen = {(one.facility_id, one.effective_on): one.to_id for one in choices}
    moves: list[Move] = []
    unassigned: list[Unassigned] = []
    for facility_id, unit_id in sorted(homes.items()):
        at = order.units[unit_id]
        while at.valid_to is not None and at.valid_to <= today:
            candidates = successors(order, at)
            to_id = _heir(candidates, chosen.get((facility_id, at.valid_to)))
            if to_id is None or not order.units[to_id].holds_on(at.valid_to):
                unassigned.append(Unassigned(facility_id, at.id, at.valid_to, candidates))
                break
            moves.append(Move(facility_id, at.id, to_id, at.valid_to))
            at = order.units[to_id]
    return CutOver(tuple(moves), tuple(unassigned))


def successors(order: Order, ended: Unit) -> tuple[int, ...]:
    """Those that begin where a unit ends; a unit that would lead back in time is none."""
    return tuple(
        sorted(
            {
                one.to_id
                for one in order.after(ended.id)
                if one.to_id is not None
                and one.effective_on == ended.valid_to
                and order.units[one.to_id].holds_on(one.effective_on)
            }
        )
    )


def _heir(candidates: Sequence[int], chosen: int | None) -> int | None:
    """One inherits. Of several one must be chosen; where there is none, any may be."""
    if len(candidates) == 1:
        return candidates[0]
    return chosen if not candidates or chosen in candidates else None


@dataclass(frozen=True, slots=True)
class Stay:
    """A facility lay in a unit."""

    unit_id: int
    valid_from: date
    valid_to: date | None = None


def after(history: Sequence[Stay], move: Move) -> tuple[Stay, ...]:
    """The history with a move. Only its open end changes: what was is never rewritten.

    A facility put on record in a unit that was no more lay in the new one from its first day.
    """
    last = history[-1]
    if last.valid_to is not None or last.unit_id == move.to_id:
        return tuple(history)
    if move.effective_on <= last.valid_from:
        return (*history[:-1], replace(last, unit_id=move.to_id))
    closed = replace(last, valid_to=move.effective_on)
    return (*history[:-1], closed, Stay(move.to_id, move.effective_on))


def lay_in(history: Iterable[Stay], day: date) -> int | None:
    """The unit of a day; nothing before the facility was on record."""
    return next(
        (stay.unit_id for stay in history if holds_on(stay.valid_from, stay.valid_to, day)), None
    )
