"""How it stands with a device now, from the last it said and what holds for it: pure."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from shared.domain.heartbeat import default_length_us
from shared.domain.states import Hint, SecondState, WatchState

#: So long without new evidence of any device, and it is us who do not see.
BLIND_AFTER: Final = timedelta(seconds=30)


Condition = WatchState | Hint
_FAULTS: Final = frozenset(WatchState) - {WatchState.OK}


def patience(interval_s: float, tolerance_s: float | None = None) -> timedelta:
    """How long a device's silence says nothing yet."""
    return timedelta(microseconds=default_length_us(interval_s, tolerance_s))


def state_now(
    *,
    last: tuple[datetime, WatchState] | None,
    since: datetime,
    patience: timedelta,
    seen_until: datetime | None,
    now: datetime,
    conditions: Collection[Condition] = (),
) -> SecondState:
    """`last`: until when the device attested, and how it was. `since`: its registration.

    What hangs on a hub that is off is silent for no fault of its own: nobody knows how it is.
    """
    if seen_until is None or now - seen_until > BLIND_AFTER:
        return SecondState.UNKNOWN
    heard_at = max(last[0], since) if last else since
    if seen_until - heard_at > patience:
        is_cut_off = Hint.BRIDGE_OFFLINE in conditions
        return SecondState.UNKNOWN if is_cut_off else SecondState.GAP
    if last is None:
        return SecondState.UNKNOWN
    is_good = last[1] is WatchState.OK and _FAULTS.isdisjoint(conditions)
    return SecondState.COVERED if is_good else SecondState.IMPAIRED
