import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.states import WatchState
from shared.vision.vote import Vote

OK, DARK, MOVED, NOISY = WatchState.OK, WatchState.DARK, WatchState.MOVED, WatchState.NOISY


def cast(votes: list[WatchState], *, step_s: float = 1.0) -> list[WatchState]:
    vote = Vote()
    return [vote.cast(state, step_s * turn) for turn, state in enumerate(votes)]


@pytest.mark.parametrize("step_s", [1.0, 2.0, 5.0])
def test_eight_seconds_are_not_enough(step_s: float) -> None:
    bad = int(8 / step_s)
    assert set(cast([OK] * 20 + [DARK] * bad + [OK] * 20, step_s=step_s)) == {OK}


@pytest.mark.parametrize("step_s", [0.2, 1.0, 2.0, 5.0, 10.0])
def test_fault_is_reported_within_fifteen_seconds(step_s: float) -> None:
    bad = int(15 / step_s) + 1
    assert cast([OK] * 20 + [DARK] * bad, step_s=step_s)[-1] is DARK


def test_fault_keeps_standing_over_a_single_good_frame() -> None:
    assert cast([OK] * 20 + [DARK] * 15 + [OK, DARK])[-2] is DARK


def test_fault_changes_its_name() -> None:
    assert cast([DARK] * 20 + [MOVED] * 20)[-1] is MOVED


def test_stream_that_keeps_breaking_is_noisy() -> None:
    assert cast([NOISY, MOVED, MOVED, MOVED] * 6)[-1] is NOISY


@given(st.lists(st.sampled_from(WatchState), max_size=60))
def test_verdict_is_ok_or_was_seen(votes: list[WatchState]) -> None:
    assert set(cast(votes)) <= {OK, *votes}


@given(st.lists(st.sampled_from(WatchState), max_size=40))
def test_good_frames_always_heal(votes: list[WatchState]) -> None:
    assert cast([*votes, *[OK] * 15])[-1] is OK
