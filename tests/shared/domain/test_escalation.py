from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.access import Role
from shared.domain.escalation import (
    DEFAULT_LADDER,
    LAST_RESORT,
    PLATFORM_LADDER,
    Decision,
    Recipient,
    Rung,
    Standing,
    Tell,
    Unreachable,
    Why,
    climb,
    is_due,
    ladder_for,
    steps_taken,
)
from shared.domain.states import Cause

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
HOLD = timedelta(seconds=10)
ROLES = [Role.FACILITY_MANAGER, Role.COMMUNE_CPO, Role.DEPT_OFFICER]


def someone(role: Role) -> Recipient:
    return Recipient(1, role, f"{role}@example.org", "vi")


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def climbed(standing: Standing, roles: set[Role], at_s: float) -> tuple[Decision, ...]:
    reachable = {role: [someone(role)] for role in roles}
    return climb(standing, DEFAULT_LADDER, reachable, hold=HOLD, now=NOON + seconds(at_s))


def test_nobody_is_told_before_the_first_rungs_time() -> None:
    assert climbed(Standing(NOON, 0), set(ROLES), 299) == ()


def test_the_hold_delays_a_rung_that_is_due_at_once() -> None:
    ladder = (Rung(1, Role.FACILITY_MANAGER, seconds(0)),)
    assert not is_due(Standing(NOON, 0), ladder, hold=HOLD, now=NOON + seconds(9))
    assert is_due(Standing(NOON, 0), ladder, hold=HOLD, now=NOON + seconds(10))


def test_an_acknowledged_incident_is_not_escalated() -> None:
    assert climbed(Standing(NOON, 1, is_acknowledged=True), set(ROLES), 9999) == ()


def test_an_empty_rung_passes_its_turn_to_the_next_at_once() -> None:
    unreachable, told = climbed(Standing(NOON, 0), {Role.COMMUNE_CPO}, 300)
    assert unreachable == Unreachable(DEFAULT_LADDER[0])
    assert isinstance(told, Tell)
    assert (told.why, told.nobody_at) == (Why.PREVIOUS_UNREACHABLE, (Role.FACILITY_MANAGER,))


def test_after_a_jump_the_ladder_keeps_its_times() -> None:
    assert climbed(Standing(NOON, 2, was_told=True), set(ROLES), 1799) == ()
    assert len(climbed(Standing(NOON, 2, was_told=True), set(ROLES), 1800)) == 1


def test_an_empty_ladder_ends_with_the_administrators() -> None:
    decisions = climbed(Standing(NOON, 0), {Role.SYS_ADMIN}, 300)
    last = decisions[-1]
    assert isinstance(last, Tell)
    assert (last.why, last.rung.number, last.nobody_at) == (
        Why.LAST_RESORT, LAST_RESORT, tuple(ROLES),
    )  # fmt: skip
    assert steps_taken(decisions) == 3


def test_the_administrators_are_no_last_resort_where_someone_was_told() -> None:
    decisions = climbed(Standing(NOON, 2, was_told=True), {Role.SYS_ADMIN}, 1800)
    assert decisions == (Unreachable(DEFAULT_LADDER[2]),)


def test_the_platforms_failure_is_its_administrators_own() -> None:
    assert ladder_for(Cause.PLATFORM_BLIND, DEFAULT_LADDER) == PLATFORM_LADDER


def test_no_ladder_on_record_means_the_usual_one() -> None:
    assert ladder_for(Cause.PICTURE, ()) == DEFAULT_LADDER


ladders = st.lists(
    st.builds(Rung, st.integers(1, 5), st.sampled_from(ROLES), st.integers(0, 60).map(seconds)),
    min_size=1,
    max_size=5,
)


@given(ladders, st.sets(st.sampled_from(ROLES)), st.lists(st.integers(0, 90), max_size=12))
def test_every_rung_is_decided_once_in_order_and_never_early(
    rungs: list[Rung], roles: set[Role], moments: list[int]
) -> None:
    """However often, and whenever, it is looked at."""
    ladder = ladder_for(Cause.PICTURE, rungs)
    reachable = {role: [someone(role)] for role in roles}
    done, was_told = 0, False
    decided: list[Decision] = []
    for at in [*sorted(moments), 1000]:
        standing = Standing(NOON, done, was_told=was_told)
        if is_due(standing, ladder, hold=HOLD, now=NOON + seconds(at)):
            fresh = climb(standing, ladder, reachable, hold=HOLD, now=NOON + seconds(at))
            in_time = [d for d in fresh if isinstance(d, Tell) and d.why is Why.DUE]
            assert all(at >= max(d.rung.after, HOLD).total_seconds() for d in in_time)
            done += steps_taken(fresh)
            was_told = was_told or any(isinstance(d, Tell) for d in fresh)
            decided += fresh

    assert [d.rung for d in decided] == list(ladder)
    assert [isinstance(d, Tell) for d in decided] == [rung.role in roles for rung in ladder]
