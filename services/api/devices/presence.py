"""How it stands with a device now, from the last it said: pure."""

from datetime import datetime, timedelta
from typing import Final

from shared.domain.heartbeat import default_length_us
from shared.domain.states import SecondState, WatchState

#: So long without new evidence of any device, and it is us who do not see.
BLIND_AFTER: Final = timedelta(seconds=30)


def patience(interval_s: float) -> timedelta:
    """How long a device's silence says nothing yet."""
    return timedelta(microseconds=default_length_us(interval_s))


def state_now(
    *,
    last: tuple[datetime, WatchState] | None,
    since: datetime,
    interval_s: float,
    seen_until: datetime | None,
    now: datetime,
) -> SecondState:
    """`last`: until when the device attested, and how it was. `since`: its registration."""
    if seen_until is None or now - seen_until > BLIND_AFTER:
        return SecondState.UNKNOWN
    heard_at = max(last[0], since) if last else since
    if seen_until - heard_at > patience(interval_s):
        return SecondState.GAP
    if last is None:
        return SecondState.UNKNOWN
    return SecondState.COVERED if last[1] is WatchState.OK else SecondState.IMPAIRED
