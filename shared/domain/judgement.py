"""Which stretch of a zone must be judged again, and the gaps there are in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain.coverage import MARGIN, Evidence, enough_by_measure
from shared.domain.gaps import Hole, Requirement, StoredGap, is_gap, lacking
from shared.domain.intervals import Spans

#: The most that is judged at once: after a long stop, the past is judged in order, piece by piece.
LONGEST_STEP: Final = timedelta(hours=1)
#: How far back the very first judgement reaches.
FIRST_REACH: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is judged now: everything after `start_at`, as far as it is known, `end_at`."""

    start_at: datetime
    end_at: datetime


def next_stretch(
    judged_until: datetime | None, watermark: datetime | None, *, required_since: datetime | None
) -> Stretch | None:
    """From where the last judgement ended towards the watermark; nothing if that did not move."""
    if watermark is None:
        return None
    if judged_until is None:
        judged_until = max(required_since or watermark, watermark - FIRST_REACH)
        judged_until = min(judged_until, watermark - timedelta(microseconds=1))
    if not judged_until < watermark:
        return None
    return Stretch(judged_until, min(watermark, judged_until + LONGEST_STEP))


def reach_back(
    stretch: Stretch,
    stored: Iterable[StoredGap],
    *,
    concerned: Sequence[StoredGap],
    tolerance: timedelta,
) -> datetime:
    """From when on a zone's evidence must be read: no gap on record is cut by that instant.

    `concerned` are the gaps that new evidence may have changed, `tolerance` is the longest
    tolerated hole of any requirement in force meanwhile.
    """
    margin = tolerance + MARGIN
    start = min([stretch.start_at, *(gap.start_at for gap in concerned)]) - margin
    for gap in sorted(stored, key=lambda gap: gap.start_at, reverse=True):
        if gap.end_at is None or gap.end_at >= start:
            start = min(start, gap.start_at - margin)
    return start


def untolerated(
    requirements: Sequence[Requirement],
    devices: Sequence[Evidence],
    *,
    blind: Spans[datetime],
    stretch: Stretch,
) -> tuple[Hole, ...]:
    """Every gap there is, in order, whatever is on record."""
    found: list[Hole] = []
    enough = enough_by_measure(requirements, devices)
    for requirement in requirements:
        seen = lacking(
            requirement,
            enough[requirement.measure],
            blind=blind,
            window=(stretch.start_at, stretch.end_at),
            known_until=stretch.end_at,
        )
        found.extend(hole for hole in seen if is_gap(hole, requirement))
    return tuple(sorted(found, key=lambda hole: hole.start_at))
