"""Which units and facilities a grant reaches, as of now."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.access import Scope
from shared.domain.disclosure import Area


@dataclass(frozen=True, slots=True)
class Reach:
    """A scope like a person's, and a mark that changes whenever its units do."""

    scope: Scope
    mark: str


def reach_of(area: Area, children_of: Mapping[int, Sequence[int]]) -> Reach:
    if area.facility_id is not None:
        return Reach(Scope(facility_ids=(area.facility_id,)), f"f{area.facility_id}")
    if area.admin_unit_id is None:
        return Reach(Scope(is_everywhere=True), "all")
    found: set[int] = set()
    left = [area.admin_unit_id]
    while left:
        unit = left.pop()
        if unit not in found:
            found.add(unit)
            left.extend(children_of.get(unit, ()))
    units = tuple(sorted(found))
    mark = hashlib.sha256(repr(units).encode()).hexdigest()[:16]
    return Reach(Scope(admin_unit_ids=units), mark)
