"""The units of a day as a tree, drawn as rows: pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.api.units.schemas import UnitOut
from shared.domain.jurisdiction import Level

#: A country is shown by its provinces; a province with all below it.
MOST: Final = 600


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit, and how deep it stands."""

    unit: UnitOut
    depth: int


def branches(units: Sequence[UnitOut], *, is_own: Callable[[str], bool]) -> list[Branch]:
    """Those of one's own provinces in full; of many others only the provinces."""
    below: dict[str | None, list[UnitOut]] = defaultdict(list)
    there = {unit.code for unit in units}
    for unit in units:
        below[unit.parent if unit.parent in there else None].append(unit)
    is_small = len(units) <= MOST

    def grown(parent: str | None, depth: int) -> Iterator[Branch]:
        for unit in below[parent]:
            yield Branch(unit, depth)
            if is_small or unit.level is not Level.PROVINCE or is_own(unit.code):
                yield from grown(unit.code, depth + 1)

    return list(grown(None, 0))
