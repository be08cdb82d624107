from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.severity import Plight, next_look_at, rank, severity_of, worse
from shared.domain.states import Cause, Severity

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


@pytest.mark.parametrize(
    ("lasted", "severity"),
    [(0, Severity.NOTICE), (5, Severity.WARNING), (29.9, Severity.WARNING), (30, "critical")],
)
def test_it_gets_worse_with_time(lasted: float, severity: str) -> None:
    assert severity_of(Plight(Cause.DEVICE_SILENT, NOON), now=minutes(lasted)) == severity


def test_where_the_youngest_are_it_counts_one_step_more() -> None:
    ward = Plight(Cause.DEVICE_SILENT, NOON, ("corridor", "infant_ward"))
    assert severity_of(ward, now=NOON) is Severity.WARNING
    assert severity_of(ward, now=minutes(5)) is Severity.CRITICAL


def test_a_whole_home_is_a_warning_at_once_and_a_large_one_critical() -> None:
    home = Plight(Cause.FACILITY_LINK, NOON, children=49)
    assert severity_of(home, now=NOON) is Severity.WARNING
    large = Plight(Cause.FACILITY_LINK, NOON, children=50)
    assert severity_of(large, now=NOON) is Severity.CRITICAL


def test_a_room_of_a_kind_without_a_word_is_an_ordinary_one() -> None:
    assert severity_of(Plight(Cause.PICTURE, NOON, ("sauna",)), now=NOON) is Severity.NOTICE


plights = st.builds(
    Plight,
    st.sampled_from(Cause),
    st.just(NOON),
    st.lists(st.sampled_from(("yard", "dormitory_door", "infant_ward")), max_size=3),
    st.integers(0, 100),
)


@given(plights, st.integers(0, 120), st.integers(0, 120))
def test_time_never_makes_it_better(plight: Plight, one: int, more: int) -> None:
    before = severity_of(plight, now=minutes(one))
    assert rank(before) <= rank(severity_of(plight, now=minutes(one + more)))


@given(plights, st.integers(0, 60))
def test_between_two_looks_nothing_changes(plight: Plight, at: int) -> None:
    now = minutes(at)
    severity = severity_of(plight, now=now)
    due_at = next_look_at(plight, severity, now=now)
    until = minutes(600) if due_at is None else due_at - timedelta(seconds=1)
    assert worse(severity, severity_of(plight, now=max(now, until))) is severity
