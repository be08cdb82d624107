"""What may be asked for that needs four eyes: how long, how far ahead, how long ago."""

from datetime import datetime, timedelta
from typing import Final

from shared.domain.approvals import Kind, Obstacle, Window

#: So long a request waits for somebody.
PATIENCE: Final = timedelta(days=7)
#: From the first begin of what repeats to the end of its repeating.
LONGEST_SERIES: Final = timedelta(days=366)
#: A mute hides alerts, so it is short; maintenance is planned.
LONGEST: Final = {
    Kind.MUTE: timedelta(hours=24),
    Kind.MAINTENANCE: timedelta(days=30),
    Kind.CORRECTION: timedelta(days=30),
}
FARTHEST_AHEAD: Final = timedelta(days=90)
#: Who asks from now on has chosen the minute a while ago. It holds from its approval anyway.
WHILE_TYPING: Final = timedelta(minutes=10)
#: What is longer ago has been reported.
LONGEST_AGO: Final = timedelta(days=90)


def why_not_asked(kind: Kind, window: Window | None, *, now: datetime) -> Obstacle | None:
    """What is wrong with a request."""
    if kind is Kind.NAMED_EXPORT:
        return None
    if window is None:
        return Obstacle.NO_WINDOW
    length = window.ends_at - window.starts_at
    faults = (
        (window.starts_at >= window.ends_at, Obstacle.ENDS_BEFORE_IT_BEGINS),
        (length > LONGEST[kind], Obstacle.TOO_LONG),
        *(_faults_afterwards if kind is Kind.CORRECTION else _faults_ahead)(window, now),
        *_faults_of_a_series(kind, window),
    )
    return next((obstacle for is_so, obstacle in faults if is_so), None)


def _faults_ahead(window: Window, now: datetime) -> tuple[tuple[bool, Obstacle], ...]:
    """Nothing reaches back unsaid: for what was, a correction is asked for."""
    return (
        (window.over_at <= now, Obstacle.ALREADY_OVER),
        (window.starts_at < now - WHILE_TYPING, Obstacle.BEGINS_IN_THE_PAST),
        (window.starts_at > now + FARTHEST_AHEAD, Obstacle.TOO_FAR_AHEAD),
    )


def _faults_afterwards(window: Window, now: datetime) -> tuple[tuple[bool, Obstacle], ...]:
    return (
        (window.ends_at > now, Obstacle.NOT_OVER_YET),
        (window.starts_at < now - LONGEST_AGO, Obstacle.TOO_LONG_AGO),
    )


def _faults_of_a_series(kind: Kind, window: Window) -> tuple[tuple[bool, Obstacle], ...]:
    if window.period is None:
        return ()
    until = window.repeats_until
    lasts = None if until is None else until - window.starts_at
    return (
        (kind is not Kind.MAINTENANCE, Obstacle.ONLY_MAINTENANCE_REPEATS),
        (window.ends_at - window.starts_at >= window.period, Obstacle.OVERLAPS_ITSELF),
        (lasts is None or not timedelta(0) < lasts <= LONGEST_SERIES, Obstacle.SERIES_TOO_LONG),
    )


def expires_at(kind: Kind, window: Window | None, *, now: datetime) -> datetime:
    """Until when somebody must have decided: what is over needs no approval any more."""
    patience = now + PATIENCE
    if window is None or kind is Kind.CORRECTION:
        return patience
    return min(patience, window.over_at)
