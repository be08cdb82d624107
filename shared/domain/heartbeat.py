"""What a heartbeat attests, and when it is refused.

A heartbeat says: the device watched, without a break, over [since, at). All instants here are
whole microseconds since the Unix epoch, because this runs for every message.
"""

from dataclasses import dataclass
from typing import Final

from shared.domain.states import Refusal

SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True)
class Limits:
    """The tolerances of time (DESIGN §2, §4)."""

    skew_us: int = 120 * SECOND_US
    lateness_us: int = 300 * SECOND_US
    backfill_us: int = 7 * DAY_US


DEFAULT_LIMITS: Final = Limits()


def default_length_us(interval_s: float, registered_tolerance_s: float | None = None) -> int:
    """What a heartbeat without `since` attests: its interval and a jitter allowance."""
    return round((interval_s + tolerance_s(interval_s, registered_tolerance_s)) * SECOND_US)


def tolerance_s(interval_s: float, registered_s: float | None) -> float:
    """As registered, else a fifth of the interval: radio sensors and shell loops drift that much.

    Two seconds at least.
    """
    return max(2.0, interval_s / 5) if registered_s is None else registered_s


def attested(
    at_us: int,
    since_us: int,
    *,
    received_us: int,
    registered_us: int,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[int, int] | Refusal:
    """The span a claim is credited with, or why with nothing.

    Never a microsecond of the future, before registration, or beyond the back-fill limit.
    """
    if at_us > received_us:
        if at_us > received_us + limits.skew_us:
            return Refusal.FUTURE
        at_us = received_us
    since_us = max(since_us, registered_us, received_us - limits.backfill_us)
    if since_us < at_us:
        return since_us, at_us
    if at_us <= received_us - limits.backfill_us:
        return Refusal.TOO_OLD
    if at_us <= registered_us:
        return Refusal.BEFORE_REGISTRATION
    return Refusal.EMPTY


def split_by_arrival(
    start_us: int, end_us: int, *, received_us: int, limits: Limits = DEFAULT_LIMITS
) -> tuple[tuple[int, int], tuple[int, int]]:
    """(late, live): evidence older than the lateness limit when it arrived came late."""
    border_us = min(max(received_us - limits.lateness_us, start_us), end_us)
    return (start_us, border_us), (border_us, end_us)
