from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.access import Role
from shared.domain.escalation import LAST_RESORT, Rung
from shared.domain.reminders import Said, again, next_at

MANAGER, OFFICER = Role.FACILITY_MANAGER, Role.COMMUNE_CPO


def seconds(n: int) -> timedelta:
    return timedelta(seconds=n)


def rung(role: Role, repeat_s: int | None, number: int = 1) -> Rung:
    return Rung(number, role, seconds(0), repeat=None if repeat_s is None else seconds(repeat_s))


def test_who_was_told_is_told_again_after_the_repeat_and_not_before() -> None:
    rungs = [rung(MANAGER, 300)]
    said = [Said(MANAGER, seconds(60))]
    assert again(rungs, said, elapsed=seconds(359)) == ()
    assert again(rungs, said, elapsed=seconds(360)) == tuple(rungs)
    assert next_at(rungs, said) == seconds(360)


def test_a_step_without_a_repeat_is_told_once() -> None:
    assert next_at([rung(MANAGER, None)], [Said(MANAGER, seconds(0))]) is None


def test_after_a_long_stop_one_reminder_comes_not_all_that_were_missed() -> None:
    said = [Said(MANAGER, seconds(0))]
    rungs = [rung(MANAGER, 60)]
    assert again(rungs, said, elapsed=seconds(7200)) == tuple(rungs)
    assert again(rungs, [*said, Said(MANAGER, seconds(7200))], elapsed=seconds(7200)) == ()


def test_a_role_with_two_rungs_is_reminded_as_often_as_the_quicker_one_says() -> None:
    rungs = [rung(MANAGER, 600), rung(MANAGER, 60, number=2)]
    (due,) = again(rungs, [Said(MANAGER, seconds(0))], elapsed=seconds(60))
    assert (due.number, due.repeat) == (2, seconds(60))


def test_the_administrators_who_stand_in_for_everybody_are_reminded_too() -> None:
    said = [Said(MANAGER, seconds(0)), Said(Role.SYS_ADMIN, seconds(0), is_last_resort=True)]
    due = again([rung(MANAGER, 300)], said, elapsed=seconds(3600))
    assert [(one.number, one.role) for one in due] == [(1, MANAGER), (LAST_RESORT, Role.SYS_ADMIN)]


@given(
    st.dictionaries(st.sampled_from([MANAGER, OFFICER]), st.integers(1, 40), max_size=2),
    st.dictionaries(st.sampled_from([MANAGER, OFFICER]), st.integers(0, 100), max_size=2),
    st.lists(st.integers(0, 400), min_size=1, max_size=60),
)
def test_each_role_is_reminded_in_its_own_rhythm_however_often_it_is_looked_at(
    repeats: dict[Role, int], told: dict[Role, int], looks: list[int]
) -> None:
    """Against each role alone: told at the first look a repeat after it was last told."""
    rungs = [rung(role, repeat) for role, repeat in repeats.items()]
    said = [Said(role, seconds(at)) for role, at in told.items()]
    found: dict[Role, list[int]] = {role: [] for role in told}
    for at in sorted(looks):
        due_at = next_at(rungs, said)
        fresh = again(rungs, said, elapsed=seconds(at))
        assert bool(fresh) is (due_at is not None and due_at <= seconds(at))
        for one in fresh:
            found[one.role].append(at)
            said.append(Said(one.role, seconds(at)))
    for role, first in told.items():
        expected: list[int] = []
        last = first
        for at in sorted(looks):
            if role in repeats and at >= last + repeats[role]:
                expected.append(at)
                last = at
        assert found[role] == expected
