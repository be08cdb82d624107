from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.holidays import Decision, HolidayKind, Holidays, decided

A_DAY, ANOTHER = date(2026, 11, 24), date(2026, 11, 25)
days = st.dates(date(2026, 11, 1), date(2026, 11, 30))
decisions = st.lists(
    st.builds(Decision, days, st.sampled_from(HolidayKind)), unique_by=lambda one: one.day
)
sets = st.frozensets(days)


def test_a_decision_makes_a_day_off_or_takes_it_back() -> None:
    legal = Holidays(off=frozenset({A_DAY}))
    said = [Decision(A_DAY, HolidayKind.WORK), Decision(ANOTHER, HolidayKind.OFF)]
    assert decided(legal, said) == Holidays(frozenset({ANOTHER}), frozenset({A_DAY}))


@given(sets, sets, decisions)
def test_a_decision_has_the_last_word_and_only_on_its_own_day(
    off: frozenset[date], worked: frozenset[date], said: list[Decision]
) -> None:
    legal = Holidays(off, worked - off)
    found = decided(legal, said)
    by_day = {one.day: one.kind for one in said}
    for day in off | worked | by_day.keys():
        is_off = by_day[day] is HolidayKind.OFF if day in by_day else day in legal.off
        assert (day in found.off) == is_off
    assert not found.off & found.worked


def test_only_the_days_of_a_window_are_kept() -> None:
    both = Holidays(frozenset({A_DAY}), frozenset({ANOTHER}))
    assert both.within(A_DAY, A_DAY) == Holidays(frozenset({A_DAY}))
