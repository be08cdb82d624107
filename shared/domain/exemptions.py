"""What an approved mute or maintenance window does while it holds, and the time it excuses.

A mute silences what is told to the facility's own people, and nothing else: the authority is told
as ever, and everything is recorded. Maintenance tells nobody of what happens wholly within it,
and the time is excused: still a gap, with a figure of its own, never covered.

Neither reaches back: it holds from its approval on, until it ends or is ended. What is excused
afterwards is a correction of the record: nobody was spared a message by it, and what was known
before its approval stays what was known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.access import Role
from shared.domain.approvals import Approval, Decision, Kind
from shared.domain.intervals import Span, Spans, intersect, normal, overlapping, subtract, union

Moments = Spans[datetime]

#: The shortest time there is.
INSTANT: Final = timedelta(microseconds=1)
#: Whom a mute silences: the people of a facility, never those who watch over it.
SILENCED: Final = frozenset(
    {Role.FACILITY_MANAGER, Role.CAREGIVER, Role.SOCIAL_WORKER, Role.CHILD, Role.GUARDIAN}
)


class Released(StrEnum):
    """Why an incident is told that an exemption had kept quiet."""

    OVER = "over"
    #: Withdrawn or revoked before its time.
    ENDED = "ended"
    #: More is unwatched now than the exemption covers.
    OUTGROWN = "outgrown"


def held(approval: Approval, within: Span[datetime]) -> Moments:
    """When it holds within a span: at its times, after its approval, before it was ended."""
    if approval.decision is not Decision.APPROVED or approval.decided_at is None:
        return ()
    if approval.window is None or approval.kind not in {Kind.MUTE, Kind.MAINTENANCE}:
        return ()
    since = max(within[0], approval.decided_at)
    until = within[1] if approval.ended_at is None else min(within[1], approval.ended_at)
    return intersect(normal(approval.window.times(since, until)), normal([(since, until)]))


def excuses(approval: Approval, within: Span[datetime]) -> Moments:
    """The time that it excuses: maintenance while it holds, a correction all that it is for."""
    if approval.kind is Kind.MAINTENANCE:
        return held(approval, within)
    if approval.kind is not Kind.CORRECTION or approval.window is None:
        return ()
    if approval.decision is not Decision.APPROVED or approval.ended_at is not None:
        return ()
    return intersect(normal(approval.window.times(*within)), normal([within]))


def holds_until(approval: Approval, now: datetime) -> datetime | None:
    """When the time in which it holds now will be over; nothing, if it does not hold."""
    if approval.window is None or not held(approval, (now, now + INSTANT)):
        return None
    return approval.window.times(now, now + INSTANT)[0][1]


@dataclass(frozen=True, slots=True)
class Duty:
    """How many must watch at once, and the longest hole that is tolerated."""

    min_devices: int
    max_gap: timedelta


@dataclass(frozen=True, slots=True)
class Watcher:
    """A device of a zone: when it watched, when it stood there, when it was exempt."""

    effective: Moments
    present: Moments
    exempt: Moments = ()


def excused(
    gap: Moments, duty: Duty, watchers: Sequence[Watcher], *, whole: Moments = ()
) -> Moments:
    """The part of a zone's gaps that is excused; `whole` is when all of the zone is exempt.

    An exempt device excuses only its own absence. Whoever else stands in the zone must watch as
    far as they can: of m wanted and n left, the lesser. Where they do not, longer than tolerated,
    the gap would have been one anyway.
    """
    by_devices = _of_devices(gap, duty, watchers)
    return union(intersect(gap, whole), by_devices)


def _of_devices(gap: Moments, duty: Duty, watchers: Sequence[Watcher]) -> Moments:
    exempt = union(*(intersect(one.exempt, one.present) for one in watchers))
    if not exempt:
        return ()
    others = [subtract(one.present, one.exempt) for one in watchers]
    watched = [subtract(one.effective, one.exempt) for one in watchers]
    enough = overlapping([*watched, *_stand_ins(exempt, others, duty)], at_least=duty.min_devices)
    concerned = intersect(gap, exempt)
    anyway = (span for span in subtract(concerned, enough) if span[1] - span[0] > duty.max_gap)
    return subtract(concerned, tuple(anyway))


def _stand_ins(exempt: Moments, others: Sequence[Moments], duty: Duty) -> Iterable[Moments]:
    """One for each device that is wanted but cannot be there while others are exempt."""
    for left in range(duty.min_devices):
        yield subtract(exempt, overlapping(others, at_least=left + 1))


def is_within(gap: Span[datetime], exempt: Moments, *, tolerance: timedelta) -> bool:
    """Whether a gap would have been none without the exemption: what is left of it is tolerated."""
    rest = subtract((gap,), exempt)
    return all(end - start <= tolerance for start, end in rest)


@dataclass(frozen=True, slots=True)
class Part:
    """A lasting gap of an incident, and by approval the times for which it is exempt."""

    gap: Span[datetime]
    tolerance: timedelta
    exempt: tuple[tuple[int, Moments], ...]


def kept_quiet_by(parts: Sequence[Part]) -> int | None:
    """The approval because of which nobody is told, if all of an incident is exempt.

    As with any gap, what lies outside counts only once it is longer than tolerated: so a window
    that has just ended leaves a moment to come back. Of several, the one that held last.
    """
    if not parts or not all(_is_exempt(part) for part in parts):
        return None
    ends = [(spans[-1][1], -number) for part in parts for number, spans in part.exempt if spans]
    return -max(ends)[1] if ends else None


def counted(parts: Sequence[Part]) -> timedelta:
    """For how long an incident was not exempt in any of its gaps.

    What would have been tolerated by itself does not count, as with any gap.
    """
    spans = union(*(_rest(part) for part in parts))
    return sum((end - start for start, end in spans), start=timedelta(0))


def _rest(part: Part) -> Moments:
    exempt = union(*(spans for _, spans in part.exempt))
    rest = subtract((part.gap,), exempt)
    return tuple(span for span in rest if span[1] - span[0] > part.tolerance)


def _is_exempt(part: Part) -> bool:
    exempt = union(*(spans for _, spans in part.exempt))
    is_touched = bool(intersect(exempt, (part.gap,)))
    return is_touched and is_within(part.gap, exempt, tolerance=part.tolerance)


def muted_by(parts: Sequence[Part], now: datetime) -> int | None:
    """The mute that holds now for every lasting gap of an incident, if there is one."""
    holding = [{number for number, spans in p.exempt if is_in(spans, now)} for p in parts]
    if not all(holding):
        return None
    return min((number for numbers in holding for number in numbers), default=None)


def is_in(spans: Moments, now: datetime) -> bool:
    return any(start <= now < end for start, end in spans)


def why_released(approval: Approval, now: datetime) -> Released:
    """Of an incident that was kept quiet, and no longer is."""
    if approval.ended_at is not None:
        return Released.ENDED
    return Released.OUTGROWN if holds_until(approval, now) is not None else Released.OVER


def released_at(approval: Approval, now: datetime) -> datetime:
    """From when the ladder counts for it: the end of the exemption, or now if it still holds."""
    since = approval.decided_at or now
    held_so_far = held(approval, (since, now))
    return held_so_far[-1][1] if held_so_far else now
