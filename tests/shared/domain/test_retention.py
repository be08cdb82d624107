from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.retention import (
    Fate,
    Hold,
    Keep,
    Part,
    cutoff,
    fate,
    month_cutoff,
    months_to_make,
    next_month,
)

ONE_DAY = timedelta(days=1)
START = date(2025, 11, 1)
#: A year and a half, by days.
DAYS = st.integers(0, 540).map(lambda number: START + number * ONE_DAY)
FACILITIES = (1, 2)
KEEPS = st.builds(Keep, st.integers(0, 14), st.integers(0, 40))
HOLDS = st.lists(
    st.tuples(DAYS, DAYS | st.none(), st.sampled_from((*FACILITIES, None))).map(
        lambda it: Hold(min(it[0], it[1] or it[0]), it[1] and max(it[0], it[1]), it[2])
    ),
    max_size=3,
)
Row = tuple[int, date]


def months(first: date, number: int) -> Iterable[date]:
    for _ in range(number):
        yield first
        first = next_month(first)


def parts() -> list[Part]:
    """All before 2026, each month of that year, and the rest."""
    begins = list(months(date(2026, 1, 1), 13))
    monthly = [Part(f"{first:%Y_%m}", first, end) for first, end in pairwise(begins)]
    return [Part("before", None, begins[0]), *monthly, Part("other", None, None)]


def home_of(day: date) -> str:
    return next(
        part.name
        for part in parts()
        if part.end is None or (day < part.end and (part.first or date.min) <= day)
    )


def is_held(row: Row, holds: Iterable[Hold]) -> bool:
    facility_id, day = row
    return any(
        hold.first_day <= day <= (hold.last_day or date.max)
        and hold.facility_id in {None, facility_id}
        for hold in holds
    )


def purged(rows: set[Row], holds: list[Hold], limit: date) -> set[Row]:
    """What is left when each part met its fate; rows go from a part if they may."""
    fates = {part.name: fate(part, holds, cutoff=limit) for part in parts()}

    def survives(row: Row) -> bool:
        its = fates[home_of(row[1])]
        may_go = row[1] < limit and not is_held(row, holds)
        return its is Fate.STAY or (its is Fate.THIN_OUT and not may_go)

    return {row for row in rows if survives(row)}


@given(st.sets(st.tuples(st.sampled_from(FACILITIES), DAYS)), KEEPS, HOLDS, DAYS)
def test_exactly_what_is_past_its_policy_and_not_on_hold_goes(
    rows: set[Row], keep: Keep, holds: list[Hold], today: date
) -> None:
    limit = month_cutoff(keep, today=today)
    stay = {row for row in rows if row[1] >= limit or is_held(row, holds)}
    assert purged(rows, holds, limit) == stay


def later(day: date, number: int) -> date:
    """So many months later, by stepping from month to month."""
    *_, month = months(day.replace(day=1), number + 1)
    last = next_month(month) - ONE_DAY
    return min(month + (day.day - 1) * ONE_DAY, last)


@given(DAYS, KEEPS, st.integers(1, 40))
def test_nothing_goes_before_its_time(today: date, keep: Keep, older: int) -> None:
    goes = cutoff(keep, today=today) - older * ONE_DAY
    assert later(goes + keep.days * ONE_DAY, keep.months) <= today


@given(DAYS, KEEPS)
def test_whole_months_stay_at_most_a_month_longer(today: date, keep: Keep) -> None:
    exact, whole = cutoff(keep, today=today), month_cutoff(keep, today=today)
    assert whole.day == 1
    assert timedelta(0) <= exact - whole < timedelta(days=31)


def test_a_month_before_the_last_of_march_is_the_last_of_february() -> None:
    assert cutoff(Keep(months=1), today=date(2026, 3, 31)) == date(2026, 2, 28)
    assert cutoff(Keep(months=25), today=date(2026, 3, 31)) == date(2024, 2, 29)


def test_what_is_kept_for_longer_than_time_itself_stays() -> None:
    assert cutoff(Keep(months=99_999, days=99_999), today=START) == date.min


@given(DAYS, st.sets(DAYS.map(lambda day: day.replace(day=1))), st.none() | DAYS)
def test_each_month_around_today_gets_one_place(
    today: date, there: set[date], before: date | None
) -> None:
    end = before and before.replace(day=1)
    monthly = [Part("", first, next_month(first)) for first in there if first >= (end or date.min)]
    existing = [*([Part("", None, end)] if end else []), *monthly, Part("other", None, None)]
    made = months_to_make(existing, today=today)
    places = [*existing, *(Part("", first, next_month(first)) for first in made)]
    for month in months(months_to_make([], today=today)[0], 5):
        day = later(month, 0)
        homes = [p for p in places if p.end and (p.first or date.min) <= day < p.end]
        assert len(homes) == 1


def test_the_month_before_and_three_ahead_are_there() -> None:
    wanted = [date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)]
    assert months_to_make([], today=date(2027, 1, 31)) == [*wanted, date(2027, 4, 1)]
