"""Which facilities of an area fell silent as one, who is told of that once, and when it is over.

            most of an area silent within 2 min          most are back, for 2 min
facilities ─────────────────────────────────────▶ area ───────────────────────────▶ over
                    └── each keeps its own incident, and its operators hear of it ──┘
                        (a facility that stays silent is alone again, with its own clock)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain.access import Role

#: Facilities that fell silent within this of each other fell silent together.
WITHIN: Final = timedelta(minutes=2)
#: Fewer are a coincidence.
FEWEST: Final = 3
#: What comes back comes back one by one; only then is who is left behind alone.
RETURNING: Final = timedelta(minutes=2)

#: They answer for one facility, whatever befalls its neighbours, and are told of their own.
_OF_A_FACILITY: Final = frozenset(
    {
        Role.FACILITY_MANAGER,
        Role.CAREGIVER,
        Role.SOCIAL_WORKER,
        Role.GUARDIAN,
        Role.CHILD,
    }
)


def is_told_by_parent(role: Role) -> bool:
    """Whether a role hears of the area's outage instead of each facility in it.

    A facility's own steps for these roles wait while it has a parent. Once it has none any more,
    they come due by its own clock.
    """
    return role not in _OF_A_FACILITY


@dataclass(frozen=True, slots=True)
class SilentFacility:
    """A facility of which nothing is heard: since when, and in which units, the smallest first."""

    incident_id: int
    since_at: datetime
    units: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """An outage of a unit, and the incidents that are part of it."""

    unit_id: int
    since_at: datetime
    incident_ids: tuple[int, ...]


def outages(silent: Sequence[SilentFacility], watched: Mapping[int, int]) -> tuple[Area, ...]:
    """At least three and more than half of the facilities that are watched in a unit, within 2 min.

    The largest unit counts for which that is so, narrowed to the smallest that holds them all.
    """
    found: list[Area] = []
    left = list(silent)
    for unit_id in _largest_first(silent):
        inside = [one for one in left if unit_id in one.units]
        together = _together(inside)
        if not is_outage(len(together), watched.get(unit_id, 0)):
            continue
        found.append(_area(together))
        left = [one for one in left if one not in together]
    return tuple(found)


def is_outage(silent: int, watched: int) -> bool:
    return silent >= FEWEST and 2 * silent > watched


def falls_in(facility: SilentFacility, unit_id: int, since_at: datetime) -> bool:
    """Whether a facility is part of an outage already known."""
    return unit_id in facility.units and abs(facility.since_at - since_at) <= WITHIN


def is_mostly_over(ended_at: Iterable[datetime | None], *, now: datetime) -> bool:
    """Whether most parts of something ended long enough ago that what lasts is another thing."""
    parts = list(ended_at)
    ended = sorted(at for at in parts if at is not None)
    majority = len(parts) // 2 + 1
    return len(ended) >= majority and now - ended[majority - 1] >= RETURNING


def _largest_first(silent: Sequence[SilentFacility]) -> list[int]:
    """Units by how far up they lie; of one height, by number."""
    heights = {unit: height for one in silent for height, unit in enumerate(one.units)}
    return sorted(heights, key=lambda unit: (-heights[unit], unit))


def _together(inside: Sequence[SilentFacility]) -> list[SilentFacility]:
    """The most that fell silent within two minutes."""
    return max(
        (
            [one for one in inside if first.since_at <= one.since_at <= first.since_at + WITHIN]
            for first in sorted(inside, key=lambda one: (one.since_at, one.incident_id))
        ),
        key=len,
        default=[],
    )


def _area(together: Sequence[SilentFacility]) -> Area:
    common = set.intersection(*(set(one.units) for one in together))
    smallest = next(unit for unit in together[0].units if unit in common)
    return Area(
        smallest,
        min(one.since_at for one in together),
        tuple(sorted(one.incident_id for one in together)),
    )
