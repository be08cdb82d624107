"""What must be on record of a device, and what may be: from what was true and what was told.

Must: what the device really watched and a message that was taken has told. May: what the messages
that were sent may be credited with by the rules of `shared.domain`. Between the two lies what
nobody can decide: a clock that is wrong, a beat that does not know since when.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.cli.simulate.verify import telling as tellings
from services.cli.simulate.verify.ledger import Device, Run
from services.cli.simulate.verify.telling import Telling
from shared.domain.heartbeat import SECOND_US
from shared.domain.intervals import Span, Spans, intersect, normal, subtract, union
from shared.domain.states import WatchState

#: A wrong clock is put right as exactly as the time under way is known, and no better.
PUT_RIGHT_WITHIN_US: Final = 2 * SECOND_US
_EVER: Final = 1 << 62


class Reason(StrEnum):
    """Why what was really watched need not be on record."""

    NEVER_TOLD = "never told"
    LOST = "lost on its way, as planned"
    NOT_DELIVERED = "told, but not delivered"
    TOO_LATE = "told too late to be credited"
    WRONG_CLOCK = "told by a wrong clock"


@dataclass(frozen=True, slots=True)
class Demand:
    """Of one device, in microseconds."""

    real: Mapping[WatchState, Spans[int]]
    must: Mapping[WatchState, Spans[int]]
    may: Mapping[WatchState, Spans[int]]
    #: Where evidence surely came in time, and where it surely did not.
    live: Spans[int]
    late: Spans[int]
    may_be_proven: Spans[int]
    excused: Mapping[Reason, Spans[int]]


def of_run(run: Run) -> Iterator[tuple[Device, Demand]]:
    """Device by device."""
    known: dict[int, Telling] = {}
    for device in run.devices.values():
        voice = device.voice
        telling = known.get(voice.on_record.voice)
        if telling is None:
            interval_s = device.on_record.interval_s
            telling = tellings.of_voice(run, voice, interval_s=interval_s)
            known[voice.on_record.voice] = telling
        yield device, of_device(device, telling)


def of_device(device: Device, telling: Telling) -> Demand:
    real = _by_state(device, lambda start_us, end_us: ((start_us, end_us),))
    sent, taken = _by_state(device, telling.sent.of), _by_state(device, telling.taken.of)
    alive: Spans[int] = ((device.on_record.registered_us, _EVER),)
    creditable = subtract(alive, telling.surely_too_late)
    certain = subtract(alive, telling.perhaps_too_late)
    must = {
        state: intersect(_narrowed(intersect(taken[state], watched), telling), certain)
        for state, watched in real.items()
    }
    may = {state: intersect(_widened(spans, telling), creditable) for state, spans in sent.items()}
    is_right = not telling.is_by_wrong_clock
    ok = WatchState.OK
    return Demand(
        real=real,
        must=must,
        may=may,
        live=intersect(telling.live, must.get(ok, ())) if is_right else (),
        late=intersect(telling.late, real.get(ok, ())) if is_right else (),
        may_be_proven=may.get(ok, ()) if device.on_record.is_signing else (),
        excused=_excused(device, telling, subtract(union(*real.values()), union(*must.values()))),
    )


def _by_state(
    device: Device, tell: Callable[[int, int], Spans[int]]
) -> dict[WatchState, Spans[int]]:
    """What is told of every watch, by its state."""
    found: dict[WatchState, list[Span[int]]] = {}
    for start_us, end_us, state in device.watches:
        found.setdefault(state, []).extend(tell(start_us, end_us))
    return {state: normal(spans) for state, spans in found.items()}


def _narrowed(spans: Spans[int], telling: Telling) -> Spans[int]:
    """What is surely credited, however much of the clock's error is put right."""
    if not telling.is_by_wrong_clock:
        return spans
    low_us, high_us = telling.errors_us
    after_us, before_us = (
        max(high_us, 0) + PUT_RIGHT_WITHIN_US,
        min(low_us, 0) - PUT_RIGHT_WITHIN_US,
    )
    return normal((start + after_us, end + before_us) for start, end in spans)


def _widened(spans: Spans[int], telling: Telling) -> Spans[int]:
    """What may be credited, however little of it is."""
    if not telling.is_by_wrong_clock:
        return spans
    low_us, high_us = telling.errors_us
    before_us, after_us = (
        min(low_us, 0) - PUT_RIGHT_WITHIN_US,
        max(high_us, 0) + PUT_RIGHT_WITHIN_US,
    )
    return normal((start + before_us, end + after_us) for start, end in spans)


def _excused(device: Device, telling: Telling, missing: Spans[int]) -> dict[Reason, Spans[int]]:
    """Shared out: each stretch has the first reason that holds."""
    sent = union(*_by_state(device, telling.sent.of).values())
    reasons = {
        Reason.TOO_LATE: intersect(sent, telling.perhaps_too_late),
        Reason.WRONG_CLOCK: sent if telling.is_by_wrong_clock else (),
        Reason.NOT_DELIVERED: sent,
        Reason.LOST: union(*_by_state(device, telling.lost.of).values()),
        Reason.NEVER_TOLD: missing,
    }
    excused: dict[Reason, Spans[int]] = {}
    for reason, spans in reasons.items():
        excused[reason] = intersect(missing, spans)
        missing = subtract(missing, spans)
    return excused
