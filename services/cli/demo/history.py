"""What happened in the province during the last day: what each device attested, told when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto
from itertools import pairwise

from shared.domain.heartbeat import DEFAULT_LIMITS
from shared.domain.states import WatchState

LENGTH = timedelta(hours=26)
LATENESS = timedelta(microseconds=DEFAULT_LIMITS.lateness_us)
#: After a trouble begins: the gap is found, the hold passes, the second and third step are due.
AFTER_BEGIN_S = (65, 76, 127, 250)
AFTER_END_S = (2, 15)


class Kind(StrEnum):
    """What can have gone wrong."""

    NO_POWER = auto()
    NO_LINK = auto()
    FAULT = auto()
    PLATFORM_BLIND = auto()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something went wrong during [start_at, end_at); no facility means everywhere."""

    kind: Kind
    start_at: datetime
    end_at: datetime
    facility: str | None = None
    device: str | None = None
    fault: WatchState = WatchState.OK

    def concerns(self, speaker: "Speaker") -> bool:
        is_there = self.facility in {None, speaker.facility}
        return is_there and self.device in {None, speaker.device}

    def lasts_at(self, instant: datetime) -> bool:
        return self.start_at <= instant < self.end_at


@dataclass(frozen=True, slots=True)
class Speaker:
    """A device; a plain one tells only of the moment, and nothing afterwards."""

    facility: str
    device: str
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What became known of a device: it was in a state over [start_at, end_at)."""

    start_at: datetime
    end_at: datetime
    state: WatchState
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One look at the province: what was told between two instants, and how far we knew."""

    start_at: datetime
    at: datetime
    known_until: datetime


def troubles_before(now: datetime) -> tuple[Trouble, ...]:
    """A power cut, a platform that could not hear, a broken link, a covered camera."""

    def ago(**lengths: float) -> datetime:
        return now - timedelta(**lengths)

    return (
        Trouble(Kind.NO_POWER, ago(hours=21), ago(hours=20, minutes=35), "ban-mai"),
        Trouble(Kind.PLATFORM_BLIND, ago(hours=16), ago(hours=15, minutes=55, seconds=20)),
        Trouble(Kind.NO_LINK, ago(hours=13), ago(hours=8, minutes=20), "hoa-mai"),
        Trouble(
            Kind.FAULT, ago(hours=6), ago(hours=3), "hy-vong", "cam-2", WatchState.COVERED
        ),
    )  # fmt: skip


def steps(troubles: Sequence[Trouble], *, now: datetime) -> list[Step]:
    """Hourly, and closer together where something happens; a trouble's bounds are always among."""
    start_at = now - LENGTH
    instants = {now, *(start_at + timedelta(hours=hour) for hour in range(27))}
    for trouble in troubles:
        instants |= {trouble.start_at, trouble.end_at}
        instants |= {trouble.start_at + timedelta(seconds=s) for s in AFTER_BEGIN_S}
        instants |= {trouble.end_at + timedelta(seconds=s) for s in AFTER_END_S}
    blind = [trouble for trouble in troubles if trouble.kind is Kind.PLATFORM_BLIND]
    return [Step(begin, end, _known_until(end, blind)) for begin, end in pairwise(sorted(instants))]


def _known_until(instant: datetime, blind: Sequence[Trouble]) -> datetime:
    return next((b.start_at for b in blind if b.start_at <= instant <= b.end_at), instant)


def told(speaker: Speaker, step: Step, troubles: Sequence[Trouble]) -> Iterator[Told]:
    """What this device told in this step: the present, and what a broken link had held back."""
    mine = [trouble for trouble in troubles if trouble.concerns(speaker)]
    for trouble in mine:
        if trouble.end_at == step.start_at and _is_silenced(trouble) and not speaker.is_plain:
            yield from _by_arrival(trouble.start_at, trouble.end_at, received_at=step.at)
    current = [trouble for trouble in mine if trouble.lasts_at(step.start_at)]
    if any(_is_silenced(trouble) or trouble.kind is Kind.NO_POWER for trouble in current):
        return
    fault = next((t.fault for t in current if t.kind is Kind.FAULT), WatchState.OK)
    yield Told(step.start_at, step.at, fault)


def _is_silenced(trouble: Trouble) -> bool:
    """It watched on, but nobody heard of it."""
    return trouble.kind in {Kind.NO_LINK, Kind.PLATFORM_BLIND}


def _by_arrival(start_at: datetime, end_at: datetime, *, received_at: datetime) -> Iterator[Told]:
    border = min(max(received_at - LATENESS, start_at), end_at)
    if start_at < border:
        yield Told(start_at, border, WatchState.OK, is_late=True)
    if border < end_at:
        yield Told(border, end_at, WatchState.OK)
