from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.holidays import Decision, HolidayKind
from shared.runtime import public_holidays

#: The first day of the lunar year, as the almanac has it.
NEW_YEARS = {
    2020: date(2020, 1, 25), 2021: date(2021, 2, 12), 2022: date(2022, 2, 1),
    2023: date(2023, 1, 22), 2024: date(2024, 2, 10), 2025: date(2025, 1, 29),
    2026: date(2026, 2, 17), 2027: date(2027, 2, 6), 2028: date(2028, 1, 26),
}  # fmt: skip
#: The tenth of the third lunar month.
ANCESTORS = {
    2023: date(2023, 4, 29), 2024: date(2024, 4, 18), 2025: date(2025, 4, 7),
    2026: date(2026, 4, 26), 2027: date(2027, 4, 16),
}  # fmt: skip


def off(year: int) -> frozenset[date]:
    return public_holidays.between(date(year, 1, 1), date(year, 12, 31)).off


def test_tet_follows_the_moon_of_viet_nam() -> None:
    """In 2007 and 1985 the Chinese new year was another day: the meridian decides."""
    for year, first in NEW_YEARS.items():
        assert {first + timedelta(days=number) for number in range(-1, 4)} <= off(year)
    assert date(2007, 2, 17) in off(2007)


def test_the_ancestors_are_honoured_on_the_tenth_of_the_third_moon() -> None:
    assert all(day in off(year) for year, day in ANCESTORS.items())


@given(st.integers(1995, 2099))
def test_what_the_law_dates_by_the_sun_is_off_every_year(year: int) -> None:
    fixed = {date(year, 1, 1), date(year, 4, 30), date(year, 5, 1), date(year, 9, 2)}
    assert fixed <= off(year)


def test_the_day_of_culture_is_a_holiday_from_2026_that_somebody_must_verify() -> None:
    assert date(2025, 11, 24) not in off(2025)
    unverified = [legal.day for legal in public_holidays.of_year(2026) if not legal.is_verified]
    assert unverified == [date(2026, 11, 24)]


def test_every_holiday_has_its_vietnamese_name() -> None:
    names = {legal.day: legal.name for legal in public_holidays.of_year(2026)}
    assert names[date(2026, 2, 17)] == "Tết Nguyên Đán"
    assert names[date(2026, 4, 26)] == "Ngày Giỗ Tổ Hùng Vương"


def test_a_decision_has_the_last_word() -> None:
    day = date(2026, 11, 24)
    said = [Decision(day, HolidayKind.WORK)]
    assert day not in public_holidays.between(day, day, said).off
    assert day in public_holidays.between(day, day, said).worked


def test_a_saturday_exchanged_for_a_day_off_is_worked() -> None:
    swap = public_holidays.between(date(2026, 8, 1), date(2026, 8, 31))
    assert date(2026, 8, 31) in swap.off
    assert date(2026, 8, 22) in swap.worked


def test_where_the_moon_is_not_known_nothing_is_off() -> None:
    assert public_holidays.between(date(2100, 1, 1), date(9998, 12, 31)).off == frozenset()
    assert public_holidays.of_year(1900) == ()
