"""Whether what falls silent piece by piece is one silence: who fell after whom, and how soon.

c1 ─────┤                      each within a minute, beside its own rhythm, of the one before:
c2 ────────┤                   one silence, from the first that fell to the last,
c3 ───────────┤                as soon as nobody is heard any more
     first    last
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain.incidents import TOGETHER, Lapse, Moments, Witness, seen_between
from shared.domain.intervals import normal

#: What takes longer to fall is not one thing.
LONGEST_FALL: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Fall:
    """From the first that fell silent to the last, who spoke so often; both may be one."""

    first_at: datetime
    last_at: datetime
    patience: timedelta

    def is_one_with(self, other: "Fall") -> bool:
        return self.first_at <= other.last_at and other.first_at <= self.last_at

    def has_piece(self, lapse: Lapse) -> bool:
        """Whether a gap began with it."""
        since = seen_between(self.last_at, lapse.start_at, blind=lapse.blind)
        return self.first_at <= lapse.start_at and since <= self.patience + TOGETHER


def last_look(lapse: Lapse) -> datetime:
    """When to ask who is silent with it: what comes back together does so one by one."""
    return lapse.end_at if lapse.is_ongoing else lapse.end_at - TOGETHER


def fall_of(witnesses: Sequence[Witness], *, until: datetime, blind: Moments = ()) -> Fall | None:
    """The fall after which all of them were silent.

    Nothing while one is heard, or may only be waiting for its turn; nor if most had been silent
    before: then who fell last fell alone.
    """
    falls = [(_last_heard(w, until), w.patience) for w in witnesses if w.registered_at < until]
    if not falls or any(seen_between(at, until, blind=blind) <= rest for at, rest in falls):
        return None
    last_at, patience = max(falls)
    fell = _without_a_pause(falls, last_at, blind)
    return Fall(min(fell), last_at, patience) if 2 * len(fell) > len(falls) else None


def _last_heard(witness: Witness, until: datetime) -> datetime:
    before = (end for start, end in witness.heard if start < until)
    return max([witness.registered_at, *before])


def _without_a_pause(
    falls: Sequence[tuple[datetime, timedelta]], last_at: datetime, blind: Moments
) -> list[datetime]:
    """Those from which on, to the last, one fell after the other, on a clock that we can see."""
    before = [(seen_between(at, last_at, blind=blind), at, rest) for at, rest in falls]
    near = [one for one in before if one[0] <= LONGEST_FALL]
    reach = normal((-ago, rest + TOGETHER - ago) for ago, _, rest in near)
    return [at for ago, at, _ in near if -ago >= reach[-1][0]]
