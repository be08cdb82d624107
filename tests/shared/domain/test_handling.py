"""What people may do about an incident, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.handling import (
    LONGEST_SNOOZE,
    Obstacle,
    Verdict,
    why_not_explained,
    why_not_reviewed,
    why_not_snoozed,
)
from shared.domain.states import IncidentState, Severity

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OPEN = IncidentState.OPEN


@given(st.sampled_from(Severity), st.integers(min_value=-86_400, max_value=86_400))
def test_an_incident_is_put_off_into_the_future_and_not_for_long(
    severity: Severity, seconds: int
) -> None:
    until = NOW + timedelta(seconds=seconds)
    obstacle = why_not_snoozed(OPEN, severity, until=until, reason="Thợ đang đến", now=NOW)
    may = 0 < seconds <= LONGEST_SNOOZE[severity].total_seconds()
    assert (obstacle is None) == may


def test_the_worse_it_is_the_sooner_it_comes_back() -> None:
    assert (
        LONGEST_SNOOZE[Severity.CRITICAL]
        < LONGEST_SNOOZE[Severity.WARNING]
        < LONGEST_SNOOZE[Severity.NOTICE]
    )


@pytest.mark.parametrize(
    ("state", "reason", "obstacle"),
    [
        (IncidentState.RESOLVED, "Thợ đang đến", Obstacle.OVER),
        (OPEN, "  ", Obstacle.NO_REASON),
        (OPEN, "Thợ đang đến", None),
    ],
)
def test_only_what_lasts_is_put_off_and_only_with_a_reason(
    state: IncidentState, reason: str, obstacle: Obstacle | None
) -> None:
    until = NOW + timedelta(minutes=30)
    assert (
        why_not_snoozed(state, Severity.CRITICAL, until=until, reason=reason, now=NOW) is obstacle
    )


@pytest.mark.parametrize(
    ("explained_by", "verdict", "explain", "review"),
    [
        (None, None, None, Obstacle.NOTHING_TO_REVIEW),
        (1, None, Obstacle.ALREADY_WAITING, None),
        (2, None, Obstacle.ALREADY_WAITING, Obstacle.OWN_EXPLANATION),
        (1, Verdict.ACCEPTED, Obstacle.ALREADY_WAITING, Obstacle.NOTHING_TO_REVIEW),
        (1, Verdict.REJECTED, None, Obstacle.NOTHING_TO_REVIEW),
    ],
)
def test_explanations_and_reviews_take_turns(
    explained_by: int | None,
    verdict: Verdict | None,
    explain: Obstacle | None,
    review: Obstacle | None,
) -> None:
    assert why_not_explained(explained_by, last_verdict=verdict) is explain
    assert why_not_reviewed(explained_by, 2, last_verdict=verdict) is review
