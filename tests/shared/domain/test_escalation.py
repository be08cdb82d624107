from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.access import Role
from shared.domain.escalation import (
    DEFAULT_LADDER,
    LAST_RESORT,
    Decision,
    How,
    Planned,
    Reached,
    Recipient,
    Rung,
    Standing,
    Tell,
    Unreachable,
    Why,
    climb,
    is_due,
    next_told,
    put_off,
)
from shared.domain.ladders import in_order
from shared.domain.office_hours import Hours

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
HOLD = timedelta(seconds=10)
ROLES = [Role.FACILITY_MANAGER, Role.COMMUNE_CPO, Role.DEPT_OFFICER]


def someone(role: Role) -> Recipient:
    return Recipient(1, role, f"{role}@example.org", "vi")


def reach_of(roles: set[Role]) -> Callable[[Rung], Reached]:
    def reach(rung: Rung) -> Reached:
        return Reached((someone(rung.role),), How.HOLDER) if rung.role in roles else Reached()

    return reach


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def planned(*rungs: Rung) -> tuple[Planned, ...]:
    return in_order(rungs, NOON, hold=HOLD)


def climbed(standing: Standing, roles: set[Role], at_s: float) -> tuple[Decision, ...]:
    return climb(standing, planned(*DEFAULT_LADDER), reach_of(roles), now=NOON + seconds(at_s))


def test_nobody_is_told_before_the_first_rungs_time() -> None:
    assert climbed(Standing(NOON, 0), set(ROLES), 299) == ()


def test_the_hold_delays_a_rung_that_is_due_at_once() -> None:
    plan = planned(Rung(1, Role.FACILITY_MANAGER, seconds(0)))
    assert not is_due(Standing(NOON, 0), plan, now=NOON + seconds(9))
    assert is_due(Standing(NOON, 0), plan, now=NOON + seconds(10))


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
    assert [d.rung.number == LAST_RESORT for d in decisions] == [False] * 3 + [True]


def test_the_administrators_are_no_last_resort_where_someone_was_told() -> None:
    decisions = climbed(Standing(NOON, 2, was_told=True), {Role.SYS_ADMIN}, 1800)
    assert decisions == (Unreachable(DEFAULT_LADDER[2]),)


def test_what_is_put_off_is_neither_climbed_nor_due_until_then() -> None:
    standing = Standing(NOON, 0, snoozed_until=NOON + seconds(600))
    plan = planned(*DEFAULT_LADDER)
    assert not is_due(standing, plan, now=NOON + seconds(599))
    assert climb(standing, plan, reach_of(set(ROLES)), now=NOON + seconds(599)) == ()
    assert len(climb(standing, plan, reach_of(set(ROLES)), now=NOON + seconds(600))) == 1


def test_an_empty_rung_wakes_nobody_outside_their_hours() -> None:
    """Noon is no office hour in Viet Nam; the administrators stand in meanwhile."""
    plan = planned(
        Rung(1, Role.FACILITY_MANAGER, seconds(60)),
        Rung(2, Role.DEPT_OFFICER, seconds(120), hours=Hours.OFFICE),
    )
    roles = {Role.DEPT_OFFICER, Role.SYS_ADMIN}
    unreachable, told = climb(Standing(NOON, 0), plan, reach_of(roles), now=NOON + seconds(60))
    assert unreachable == Unreachable(plan[0].rung)
    assert isinstance(told, Tell)
    assert told.why is Why.LAST_RESORT
    afternoon = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
    standing = Standing(NOON, 1, was_told=True)
    assert not is_due(standing, plan, now=afternoon - seconds(1))
    (told,) = climb(standing, plan, reach_of(roles), now=afternoon)
    assert isinstance(told, Tell)
    assert (told.why, told.rung) == (Why.DUE, plan[1].rung)


def test_put_off_for_half_an_hour_everything_comes_half_an_hour_later() -> None:
    later = put_off(NOON, None, acted_at=NOON + seconds(360), until=NOON + seconds(2160))
    assert later == NOON + seconds(1800)


snoozes = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=6)


@given(snoozes)
def test_the_clock_stands_still_exactly_while_it_is_put_off(given: list[tuple[int, int]]) -> None:
    """Against seconds counted one by one; the last word on an end counts."""
    counts_from, snoozed_until = NOON, None
    until_s, still = 0, 0
    acts = sorted(given)
    for second in range(300):
        for at_s, length_s in acts:
            if at_s == second:
                until = NOON + seconds(at_s + length_s)
                counts_from = put_off(
                    counts_from, snoozed_until, acted_at=NOON + seconds(at_s), until=until
                )
                snoozed_until, until_s = until, at_s + length_s
        still += second < until_s
    assert counts_from == NOON + seconds(still)


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
    plan = planned(*rungs)
    done, was_told = 0, False
    decided: list[Decision] = []
    for at in [*sorted(moments), 1000]:
        standing = Standing(NOON, done, was_told=was_told)
        if is_due(standing, plan, now=NOON + seconds(at)):
            fresh = climb(standing, plan, reach_of(roles), now=NOON + seconds(at))
            in_time = [d for d in fresh if isinstance(d, Tell) and d.why is Why.DUE]
            assert all(at >= max(d.rung.after, HOLD).total_seconds() for d in in_time)
            done += sum(decision.rung.number != LAST_RESORT for decision in fresh)
            was_told = was_told or any(isinstance(d, Tell) for d in fresh)
            decided += fresh

    assert [d.rung for d in decided] == [turn.rung for turn in plan]
    assert [isinstance(d, Tell) for d in decided] == [turn.rung.role in roles for turn in plan]


@given(st.lists(st.tuples(st.integers(0, 3600), st.booleans()), min_size=1, max_size=5),
       st.integers(0, 5), st.integers(0, 4000))  # fmt: skip
def test_what_the_last_step_told_nobody_is_told_to_the_next_and_to_nobody_else(
    steps: list[tuple[int, bool]], done: int, elapsed: int
) -> None:
    """The same as in time, and one more if none has come; whoever is empty is passed over."""
    roles = (Role.FACILITY_MANAGER, Role.COMMUNE_CPO, Role.DEPT_OFFICER)
    times = sorted(after for after, _ in steps)
    plan = [
        Planned(Rung(number, roles[number % 3], timedelta(seconds=after)),
                NOON + timedelta(seconds=after))
        for number, after in enumerate(times, start=1)
    ]  # fmt: skip
    empty = {number for number, (_, is_empty) in enumerate(steps, start=1) if is_empty}
    now = NOON + timedelta(seconds=elapsed)
    somebody = Recipient(1, Role.COMMUNE_CPO, "a@example.org", "vi")

    def reach(rung: Rung) -> Reached:
        return Reached() if rung.number in empty else Reached((somebody,))

    done = min(done, len(plan))
    before = Standing(NOON, done, was_told=True)
    heard = climb(before, plan, reach, now=now)
    unheard = replace(before, undelivered_to=(roles[0],))
    hastened = climb(unheard, plan, reach, now=now)
    told = [one.rung.number for one in hastened if isinstance(one, Tell)]
    in_time = [one.rung.number for one in heard if isinstance(one, Tell)]
    left = [planned.rung.number for planned in plan[done:] if planned.rung.number not in empty]
    assert told == (in_time or left[:1])
    if told:
        first = next(one for one in hastened if isinstance(one, Tell))
        assert first.undelivered_to == (roles[0],)


hours = st.sampled_from(Hours)


@given(st.lists(st.tuples(st.integers(0, 40), hours, st.booleans()), min_size=1, max_size=4))
def test_who_is_told_next_is_who_is_told_next(steps: list[tuple[int, Hours, bool]]) -> None:
    """Foretold at the begin, and looked for every quarter of an hour of a week."""
    quarter = timedelta(minutes=15)
    rungs = [
        Rung(number, ROLES[0], after * quarter, hours=kept)
        for number, (after, kept, _) in enumerate(sorted(steps, key=lambda one: one[0]), start=1)
    ]
    has = {n for n, (_, _, there) in enumerate(sorted(steps, key=lambda s: s[0]), 1) if there}
    plan = in_order(rungs, NOON, hold=timedelta(0))

    def reach(rung: Rung) -> Reached:
        return Reached((someone(rung.role),)) if rung.number in has else Reached()

    foretold = next_told(plan, reach)
    done, found = 0, None
    for number in range(4 * 24 * 7):
        now = NOON + number * quarter
        decisions = climb(Standing(NOON, done, was_told=True), plan, reach, now=now)
        done += len(decisions)
        told = [one.rung for one in decisions if isinstance(one, Tell)]
        if told:
            found = Planned(told[0], now)
            break
    assert found == foretold
