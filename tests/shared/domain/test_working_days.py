from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.working_days import after_working_days, is_working_day


def test_a_weekend_is_not_counted() -> None:
    friday = date(2026, 11, 20)
    assert after_working_days(friday, 1) == date(2026, 11, 23)
    assert after_working_days(friday, 5) == date(2026, 11, 27)


def test_holidays_are_not_counted() -> None:
    assert after_working_days(date(2026, 4, 29), 1) == date(2026, 5, 4)
    tet = {date(2027, 2, 5) + timedelta(days=n) for n in range(5)}
    assert after_working_days(date(2027, 2, 4), 1, holidays=tet) == date(2027, 2, 10)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
def test_so_many_working_days_lie_between(start: date, days: int) -> None:
    end = after_working_days(start, days)
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(is_working_day(day) for day in between) == days
    assert end == start or is_working_day(end)
