"""What one voice told, by what became of it: taken, only sent, lost; in time, late, too late."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from services.cli.simulate.verify.ledger import (
    COMMITTED,
    DELIVERED_BY_BROKER,
    REFUSED,
    Messages,
    Run,
    Voice,
)
from services.cli.simulate.verify.promise import Promise
from services.cli.simulate.verify.told import Beats, Instants, Prefixes, Told, joined
from shared.domain.device_clock import is_behind_beyond_doubt
from shared.domain.heartbeat import DEFAULT_LIMITS, SECOND_US, attested, default_length_us
from shared.domain.intervals import Spans
from shared.domain.states import Refusal

Mask: TypeAlias = npt.NDArray[np.bool_]

#: A wrong clock is put right as exactly as the time under way is known, and no better; and what
#: tells no time is true on arrival.
UNCERTAIN_US: Final = 2 * SECOND_US
#: A message is received so long after it was sent at most, or nothing can be said of its credit.
UNDER_WAY_US: Final = 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Telling:
    """`taken`, `sent` and `lost` say how much of a watch those messages tell."""

    taken: Told
    sent: Told
    lost: Told
    #: Told at first when it was surely in time; surely late; surely, or perhaps, too late.
    live: Spans[int]
    late: Spans[int]
    surely_too_late: Spans[int]
    perhaps_too_late: Spans[int]
    #: By how much the clock was ever wrong, the lowest and the highest.
    errors_us: tuple[int, int]

    is_cumulative: bool
    #: How much later than told it may be true, for what is true on arrival.
    arrives_within_us: int

    @property
    def is_by_wrong_clock(self) -> bool:
        return self.errors_us != (0, 0)

    @property
    def error_us(self) -> int:
        """How far off an instant may be credited, when the clock was set and we know not yet."""
        low_us, high_us = self.errors_us
        return high_us - low_us


_FATES: Final = {
    Promise.DELIVERED: DELIVERED_BY_BROKER | COMMITTED,
    Promise.ACKNOWLEDGED: COMMITTED,
}


def of_voice(run: Run, voice: Voice, *, interval_s: float, promise: Promise) -> Telling:
    length_us = default_length_us(interval_s)
    sent = _columns(voice.sent)
    is_taken = _is_taken(run, voice, sent, promise)
    limits = DEFAULT_LIMITS
    told = _teller(voice, length_us)
    # True on arrival, a beat covers for certain only what all possible arrivals have in common.
    arrives_within_us = 0
    if voice.on_record.is_timed_on_arrival:
        arrives_within_us = voice.sent_late_us + UNCERTAIN_US
    surely_told = _teller(voice, length_us - arrives_within_us)
    taken = sent.where(is_taken)
    return Telling(
        taken=surely_told(taken),
        sent=told(sent),
        lost=told(_columns(voice.lost)),
        live=_live(run, taken, length_us),
        late=told_after(sent, limits.lateness_us),
        surely_too_late=told_after(sent, limits.backfill_us),
        perhaps_too_late=told_after(taken, limits.backfill_us - UNDER_WAY_US),
        errors_us=voice.errors_us,
        is_cumulative=voice.on_record.is_cumulative,
        arrives_within_us=arrives_within_us,
    )


@dataclass(frozen=True, slots=True)
class Columns:
    """Messages in the order in which they were sent."""

    n: Instants
    from_us: Instants
    at_us: Instants
    sent_us: Instants

    def where(self, mask: Mask) -> "Columns":
        return Columns(self.n[mask], self.from_us[mask], self.at_us[mask], self.sent_us[mask])


def _columns(messages: Messages) -> Columns:
    columns = (messages.n, messages.from_us, messages.at_us, messages.sent_us)
    return Columns(*(np.array(column, dtype=np.int64) for column in columns))


def _teller(voice: Voice, length_us: int) -> Callable[[Columns], Told]:
    if voice.on_record.is_cumulative:
        return lambda messages: Prefixes(messages.from_us, messages.at_us)
    return lambda messages: Beats(messages.at_us, length_us)


def _is_taken(run: Run, voice: Voice, sent: Columns, promise: Promise) -> Mask:
    """Which messages must be credited."""
    fates = np.frombuffer(run.fates, dtype=np.uint8)
    known = np.minimum(sent.n, len(fates) - 1)
    fate = np.where(sent.n < len(fates), fates[known], 0)
    taken: Mask = (fate & _FATES[promise]) > 0
    if voice.errors_us == (0, 0):
        # By a right clock nothing is rightly refused: if something was, it is lost.
        return taken
    pairs = zip(sent.at_us.tolist(), sent.sent_us.tolist(), strict=True)
    credited = [is_surely_credited(at_us, sent_us, voice.errors_us) for at_us, sent_us in pairs]
    is_credited: Mask = np.array(credited, dtype=np.bool_) & ((fate & REFUSED) == 0)
    return taken & is_credited


def is_surely_credited(at_us: int, sent_us: int, errors_us: tuple[int, int]) -> bool:
    """Whether a clock as wrong as that is still put right, and not refused."""
    low_us, high_us = errors_us
    ahead_us = max(at_us, sent_us) + high_us
    span = attested(ahead_us, ahead_us - 1, received_us=sent_us, registered_us=0)
    if span is Refusal.FUTURE:
        return False
    return not is_behind_beyond_doubt(sent_us + low_us, arrived_after_us=sent_us)


def told_after(messages: Columns, limit_us: int) -> Spans[int]:
    """The time that no message told before so long after it."""
    if not len(messages.at_us):
        return ()
    told_us = np.maximum.accumulate(messages.at_us)
    before_us = np.concatenate(([0], told_us[:-1]))
    return joined(before_us, messages.sent_us - limit_us)


def _live(run: Run, taken: Columns, length_us: int) -> Spans[int]:
    """The time of which something acknowledged was told within the lateness limit."""
    acknowledged = np.frombuffer(run.acknowledged_us, dtype=np.int64)
    at_us = acknowledged[np.minimum(taken.n, len(acknowledged) - 1)]
    known = (at_us > 0) & (taken.n < len(acknowledged))
    is_beat = taken.from_us == taken.at_us
    from_us = np.where(is_beat, taken.at_us - length_us, taken.from_us)
    starts_us = np.maximum(from_us, at_us - DEFAULT_LIMITS.lateness_us)
    return joined(starts_us[known], taken.at_us[known])
