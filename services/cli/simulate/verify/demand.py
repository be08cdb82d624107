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
from services.cli.simulate.verify.promise import Promise
from services.cli.simulate.verify.telling import UNCERTAIN_US, Telling
from shared.domain.intervals import Span, Spans, intersect, normal, subtract, union
from shared.domain.states import WatchState

_EVER: Final = 1 << 62


class Reason(StrEnum):
    """Why what was really watched need not be on record."""

    NEVER_TOLD = "never told"
    LOST = "lost on its way, as planned"
    NOT_DELIVERED = "told, but not delivered"
    UNREGISTERED = "before the device was on record"
    TOO_LATE = "told too late to be credited"
    WRONG_CLOCK = "told by a wrong clock"
    WITHOUT_TIME = "told without a time, so only true about its arrival"


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


def of_run(run: Run, promise: Promise = Promise.DELIVERED) -> Iterator[tuple[Device, Demand]]:
    """Device by device."""
    known: dict[int, Telling] = {}
    for device in run.devices.values():
        voice = device.voice
        telling = known.get(voice.on_record.voice)
        if telling is None:
            interval_s = device.on_record.interval_s
            telling = tellings.of_voice(run, voice, interval_s=interval_s, promise=promise)
            known[voice.on_record.voice] = telling
        yield device, of_device(device, telling)


def of_device(device: Device, telling: Telling) -> Demand:
    real = _by_state(device, lambda start_us, end_us: ((start_us, end_us),))
    alive: Spans[int] = ((device.on_record.registered_us, _EVER),)
    creditable = subtract(alive, telling.surely_too_late)
    certain = subtract(alive, telling.perhaps_too_late)
    taken = _by_state(device, lambda *watch: _surely(telling.taken.of(*watch), telling))
    sent = _by_state(device, lambda *watch: _perhaps(telling.sent.of(*watch), telling))
    must = {s: intersect(intersect(spans, real[s]), certain) for s, spans in taken.items()}
    may = {s: intersect(spans, creditable) for s, spans in sent.items()}
    is_right = not telling.is_by_wrong_clock
    ok = WatchState.OK
    return Demand(
        real=real,
        must=must,
        may=may,
        live=intersect(telling.live, must.get(ok, ())) if is_right else (),
        late=intersect(telling.late, real.get(ok, ())) if is_right else (),
        may_be_proven=may.get(ok, ()) if device.on_record.is_signing else (),
        excused=_excused(device, telling, {s: subtract(real[s], must[s]) for s in real}),
    )


def _by_state(
    device: Device, tell: Callable[[int, int], Spans[int]]
) -> dict[WatchState, Spans[int]]:
    """What is told of every watch, by its state."""
    found: dict[WatchState, list[Span[int]]] = {}
    for start_us, end_us, state in device.watches:
        found.setdefault(state, []).extend(tell(start_us, end_us))
    return {state: normal(spans) for state, spans in found.items()}


def _surely(told: Spans[int], telling: Telling) -> Spans[int]:
    """What is credited, however much of the clock's error is put right, or put right too much."""
    if not telling.is_by_wrong_clock:
        return told
    if not telling.is_cumulative:
        return ()  # Each beat may end up somewhere else.
    off_us = telling.error_us + UNCERTAIN_US
    return normal((start + off_us, end - off_us) for start, end in told)


def _perhaps(told: Spans[int], telling: Telling) -> Spans[int]:
    if not telling.is_by_wrong_clock:
        return normal((start, end + telling.arrives_within_us) for start, end in told)
    off_us = telling.error_us + UNCERTAIN_US
    return normal((start - off_us, end + off_us) for start, end in told)


def _excused(
    device: Device, telling: Telling, missing: Mapping[WatchState, Spans[int]]
) -> dict[Reason, Spans[int]]:
    """Shared out: each stretch has the first reason that holds."""
    sent, lost = _by_state(device, telling.sent.of), _by_state(device, telling.lost.of)
    found: dict[Reason, list[Spans[int]]] = {reason: [] for reason in Reason}
    for state, spans in missing.items():
        rest = spans
        reasons = {
            Reason.UNREGISTERED: ((-_EVER, device.on_record.registered_us),),
            Reason.TOO_LATE: intersect(sent[state], telling.perhaps_too_late),
            Reason.WRONG_CLOCK: sent[state] if telling.is_by_wrong_clock else (),
            Reason.WITHOUT_TIME: sent[state] if telling.arrives_within_us else (),
            Reason.NOT_DELIVERED: sent[state],
            Reason.LOST: lost[state],
            Reason.NEVER_TOLD: spans,
        }
        for reason, because in reasons.items():
            found[reason].append(intersect(rest, because))
            rest = subtract(rest, because)
    return {reason: union(*spans) for reason, spans in found.items()}
