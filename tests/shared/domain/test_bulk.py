import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.bulk import (
    AFTER_WISH,
    WORK,
    JobState,
    RowState,
    Verdict,
    changes,
    put_back,
    verdict,
    wishes,
)

names = st.sampled_from("abcd")
records = st.dictionaries(names, st.integers(0, 3))


@given(records, records)
def test_a_sheet_a_second_time_changes_nothing(
    there: dict[str, int], wanted: dict[str, int]
) -> None:
    after = there | changes(there, wanted)
    assert verdict(after, wanted) is Verdict.UNCHANGED
    assert all(after[name] == value for name, value in wanted.items())


@given(records, records)
def test_what_was_not_named_stays(there: dict[str, int], wanted: dict[str, int]) -> None:
    after = there | changes(there, wanted)
    assert {name: after[name] for name in there if name not in wanted} == {
        name: there[name] for name in there if name not in wanted
    }


@given(records, records)
def test_undoing_a_change_nobody_touched_leads_back(
    there: dict[str, int], wanted: dict[str, int]
) -> None:
    after = changes(there, wanted)
    before = {name: there.get(name) for name in after}
    now = there | after
    back = put_back(before, after, now)
    assert back is not None
    restored = now | back
    assert {name: value for name, value in restored.items() if value is not None} == there


@given(records, records, names, st.integers(4, 9))
def test_what_was_touched_since_is_not_put_back(
    there: dict[str, int], wanted: dict[str, int], name: str, other: int
) -> None:
    after = changes(there, wanted)
    before = {name: there.get(name) for name in after}
    now = there | after | {name: other}
    assert (put_back(before, after, now) is None) == (name in after)


def test_what_is_not_there_is_made() -> None:
    assert verdict(None, {}) is Verdict.CREATE


@pytest.mark.parametrize("state", JobState)
def test_every_job_that_works_comes_to_an_end_and_every_other_waits_for_a_wish(
    state: JobState,
) -> None:
    seen, left = set(), [state]
    while left:
        one = left.pop()
        if one not in seen:
            seen.add(one)
            left += AFTER_WISH[one].values()
            left += [WORK[one][1]] if one in WORK else []
    assert seen & {JobState.UNDONE, JobState.DISCARDED}


def test_nothing_is_undone_that_was_not_put_on_record() -> None:
    undoable = {state for state in JobState if "undo" in wishes(state)}
    assert undoable == {JobState.STOPPED, JobState.COMMITTED}
    assert WORK[JobState.UNDOING][0] is RowState.DONE
