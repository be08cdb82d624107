from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.holidays import Holidays
from shared.domain.office_hours import Hours, holds, is_open, next_within

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
#: A Friday.
FRIDAY = date(2026, 11, 20)
MONDAY_OFF = Holidays(off=frozenset({date(2026, 11, 23)}))
SATURDAY_WORKED = Holidays(worked=frozenset({date(2026, 11, 21)}))


def local(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), HANOI)


@pytest.mark.parametrize(
    ("clock", "then"),
    [("07:29:59", "shut"), ("07:30", "open"), ("11:29:59", "open"), ("11:30", "shut"),
     ("13:29", "shut"), ("13:30", "open"), ("16:59:59", "open"), ("17:00", "shut"),
     ("02:10", "shut")],
)  # fmt: skip
def test_offices_are_staffed_in_the_morning_and_in_the_afternoon(clock: str, then: str) -> None:
    assert is_open(local(FRIDAY, clock)) is (then == "open")


def test_nobody_sits_there_on_a_weekend_or_a_holiday_but_on_a_saturday_worked_instead() -> None:
    saturday, monday = FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=3)
    assert not is_open(local(saturday, "09:00"))
    assert is_open(local(saturday, "09:00"), holidays=SATURDAY_WORKED)
    assert is_open(local(monday, "09:00"))
    assert not is_open(local(monday, "09:00"), holidays=MONDAY_OFF)


def test_after_a_friday_evening_the_office_opens_on_monday_or_after_the_holiday() -> None:
    evening = local(FRIDAY, "17:00")
    assert next_within(Hours.OFFICE, evening) == local(date(2026, 11, 23), "07:30")
    assert next_within(Hours.OFFICE, evening, holidays=MONDAY_OFF) == local(
        date(2026, 11, 24), "07:30"
    )


def test_off_hours_begin_at_lunch_and_in_the_evening() -> None:
    assert next_within(Hours.OFF_HOURS, local(FRIDAY, "09:00")) == local(FRIDAY, "11:30")
    assert next_within(Hours.OFF_HOURS, local(FRIDAY, "14:00")) == local(FRIDAY, "17:00")
    assert next_within(Hours.OFF_HOURS, local(FRIDAY, "23:00")) == local(FRIDAY, "23:00")


moments = st.integers(0, 14 * 24 * 60).map(
    lambda minute: datetime(2026, 11, 16, tzinfo=UTC) + timedelta(minutes=minute)
)
holidays = st.builds(
    Holidays,
    off=st.frozensets(st.dates(date(2026, 11, 16), date(2026, 11, 30)), max_size=5),
)


@given(st.sampled_from(Hours), moments, holidays)
def test_the_next_moment_is_the_first_minute_that_fits(
    hours: Hours, at: datetime, off: Holidays
) -> None:
    """Against minutes tried one by one."""
    found = next_within(hours, at, holidays=off)
    tried = at
    while not holds(hours, tried, holidays=off):
        tried += timedelta(minutes=1)
    assert found == tried


@given(moments, holidays)
def test_every_moment_is_either_office_hours_or_not(at: datetime, off: Holidays) -> None:
    office, rest = (holds(hours, at, holidays=off) for hours in (Hours.OFFICE, Hours.OFF_HOURS))
    assert office is not rest
    assert holds(Hours.ANY, at, holidays=off)
