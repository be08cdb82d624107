from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import approval_limits
from shared.domain.approval_limits import LONGEST, PATIENCE, WHILE_TYPING
from shared.domain.approvals import Kind, Obstacle, Window

T0 = datetime(2026, 7, 1, tzinfo=UTC)
HOURS = st.integers(-48, 24 * 10)


@given(st.sampled_from(Kind), HOURS, HOURS)
def test_what_can_be_asked_keeps_to_its_limits(kind: Kind, starts: int, ends: int) -> None:
    window = Window(T0 + timedelta(hours=starts), T0 + timedelta(hours=ends))
    obstacle = approval_limits.why_not_asked(kind, window, now=T0)
    if kind is Kind.NAMED_EXPORT:
        assert obstacle is None
    elif obstacle is None:
        assert window.starts_at < window.ends_at <= window.starts_at + LONGEST[kind]
        assert (window.ends_at <= T0) == (kind is Kind.CORRECTION)
        assert (window.starts_at < T0 - WHILE_TYPING) <= (kind is Kind.CORRECTION)
        assert T0 < approval_limits.expires_at(kind, window, now=T0) <= T0 + PATIENCE
    else:
        is_wrong_time = ends > 0 if kind is Kind.CORRECTION else starts < 0 or ends <= 0
        is_too_long = window.ends_at - window.starts_at > LONGEST[kind]
        assert starts >= ends or is_wrong_time or is_too_long


@pytest.mark.parametrize(
    ("kind", "starts", "ends", "obstacle"),
    [
        (Kind.MUTE, 1, 25, None),
        (Kind.MUTE, 1, 26, Obstacle.TOO_LONG),
        (Kind.MAINTENANCE, 1, 26, None),
        (Kind.MAINTENANCE, 1, 24 * 32, Obstacle.TOO_LONG),
        (Kind.MUTE, 2, 2, Obstacle.ENDS_BEFORE_IT_BEGINS),
        (Kind.MUTE, -3, 0, Obstacle.ALREADY_OVER),
        (Kind.MUTE, 24 * 91, 24 * 91 + 1, Obstacle.TOO_FAR_AHEAD),
        (Kind.MUTE, -1, 3, Obstacle.BEGINS_IN_THE_PAST),
        (Kind.MAINTENANCE, -1, 3, Obstacle.BEGINS_IN_THE_PAST),
        (Kind.CORRECTION, -3, 0, None),
        (Kind.CORRECTION, -3, 1, Obstacle.NOT_OVER_YET),
        (Kind.CORRECTION, 1, 3, Obstacle.NOT_OVER_YET),
        (Kind.CORRECTION, -24 * 31, 0, Obstacle.TOO_LONG),
        (Kind.CORRECTION, -24 * 91, -24 * 90, Obstacle.TOO_LONG_AGO),
    ],
)
def test_windows_have_limits(kind: Kind, starts: int, ends: int, obstacle: Obstacle | None) -> None:
    window = Window(T0 + timedelta(hours=starts), T0 + timedelta(hours=ends))
    assert approval_limits.why_not_asked(kind, window, now=T0) is obstacle


def test_an_exception_has_a_window() -> None:
    assert approval_limits.why_not_asked(Kind.MUTE, None, now=T0) is Obstacle.NO_WINDOW


def test_who_asks_from_now_on_may_take_a_while_to_type() -> None:
    for minutes, obstacle in ((10, None), (11, Obstacle.BEGINS_IN_THE_PAST)):
        window = Window(T0 - timedelta(minutes=minutes), T0 + timedelta(hours=2))
        assert approval_limits.why_not_asked(Kind.MAINTENANCE, window, now=T0) is obstacle
