from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.holidays import NO_HOLIDAYS, Holidays
from shared.domain.working_days import after_working_days, is_working_day

days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
near_days = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 3, 31)), max_size=30)


def test_a_weekend_does_not_count() -> None:
    friday = date(2026, 11, 20)
    assert after_working_days(friday, 1, holidays=NO_HOLIDAYS) == date(2026, 11, 23)
    assert after_working_days(friday, 5, holidays=NO_HOLIDAYS) == date(2026, 11, 27)


def test_neither_does_a_public_holiday() -> None:
    reunion = Holidays(frozenset({date(2026, 4, 30), date(2026, 5, 1)}))
    assert after_working_days(date(2026, 4, 29), 1, holidays=reunion) == date(2026, 5, 4)
    tet = Holidays(frozenset({date(2027, 2, day) for day in range(5, 10)}))
    assert after_working_days(date(2027, 2, 4), 1, holidays=tet) == date(2027, 2, 10)


def test_a_saturday_that_is_worked_instead_counts() -> None:
    swap = Holidays(frozenset({date(2026, 8, 31)}), frozenset({date(2026, 8, 22)}))
    assert is_working_day(date(2026, 8, 22), holidays=swap)
    assert not is_working_day(date(2026, 8, 31), holidays=swap)


@given(days, st.integers(1, 60), near_days, near_days)
def test_so_many_working_days_lie_between(
    start: date, count: int, off: frozenset[date], worked: frozenset[date]
) -> None:
    holidays = Holidays(off, worked)
    end = after_working_days(start, count, holidays=holidays)
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(is_working_day(day, holidays=holidays) for day in between) == count
    assert is_working_day(end, holidays=holidays)
