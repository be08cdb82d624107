"""Where a device stood when: what it attested counts for the zone in which it stood then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from shared.domain.coverage import Evidence, Moments
from shared.domain.intervals import intersect, normal

_FAR_PAST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FAR_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Placement:
    """A stay in one zone. Without a begin: ever since; without an end: it stands there now."""

    zone_id: int
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    @property
    def span(self) -> tuple[datetime, datetime]:
        return (self.valid_from or _FAR_PAST, self.valid_to or _FAR_FUTURE)


def spans_in(zone_id: int, placements: Iterable[Placement]) -> Moments:
    """When the device stood there; it may have come back."""
    return normal(one.span for one in placements if one.zone_id == zone_id)


def attested_in(
    zone_id: int, evidence: Evidence, placements: Sequence[Placement]
) -> Evidence | None:
    """What of a device's evidence is about a zone; nothing at all if it never stood there.

    A device that was never moved has one placement without a begin, and its evidence as it is.
    """
    if not any(one.zone_id == zone_id for one in placements):
        return None
    if len(placements) == 1 and placements[0].valid_from is None and placements[0].valid_to is None:
        return evidence
    there = spans_in(zone_id, placements)
    return replace(
        evidence,
        watched=intersect(evidence.watched, there),
        late=intersect(evidence.late, there),
        impaired=intersect(evidence.impaired, there),
        proven=intersect(evidence.proven, there),
        faults={fault: intersect(spans, there) for fault, spans in evidence.faults.items()},
    )


def moved(placements: Sequence[Placement], zone_id: int, *, now: datetime) -> tuple[Placement, ...]:
    """The history after a move: the last stay ends, the next one begins at the same instant."""
    *former, last = placements
    if last.zone_id == zone_id:
        return tuple(placements)
    return (*former, replace(last, valid_to=now), Placement(zone_id, now))
