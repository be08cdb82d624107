import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.holidays import NO_HOLIDAYS, Holidays
from shared.domain.watch_calendar import Hours, OnHolidays, WatchCalendar, required

HCM = "Asia/Ho_Chi_Minh"
PARIS = "Europe/Paris"
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
WEEKDAYS = (0, 1, 2, 3, 4)
EVERY_DAY = tuple(range(7))
NIGHTS = WatchCalendar((Hours(WEEKDAYS, time(22), time(6)),))

times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
hours = st.builds(Hours, st.lists(st.sampled_from(EVERY_DAY), unique=True).map(tuple), times, times)
calendars = st.builds(
    WatchCalendar, st.lists(hours, max_size=4).map(tuple), st.sampled_from(OnHolidays)
)
#: New year, both ends of February in a leap year and in another, Tết, and changes of the clock.
days = st.one_of(
    st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    st.sampled_from(
        [date(2028, 2, 28), date(2028, 2, 29), date(2027, 2, 28), date(2026, 12, 31),
         date(2026, 2, 16), date(2026, 3, 28), date(2026, 10, 24)]
    ),
)  # fmt: skip


def hcm(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), ZoneInfo(HCM)).astimezone(UTC)


def is_required(calendar: WatchCalendar, instant: datetime, zone: str, holidays: Holidays) -> bool:
    """By the wall clock alone: some hours that began today or yesterday are not over."""
    local = instant.astimezone(ZoneInfo(zone))
    return any(
        _holds(calendar, local, began_on, holidays)
        for began_on in (local.date() - DAY, local.date())
    )


def _holds(calendar: WatchCalendar, local: datetime, day: date, holidays: Holidays) -> bool:
    weekly = [(one.days, one.start, one.until) for one in calendar.weekly]
    weekday = day.weekday()
    if day in holidays.off:
        if calendar.on_holidays is OnHolidays.OFF:
            weekly = []
        elif calendar.on_holidays is OnHolidays.ALL_DAY:
            weekly = [(EVERY_DAY, time(), time())]
        elif calendar.on_holidays is OnHolidays.AS_SUNDAY:
            weekday = 6
    at = (local.date() - day).days * 1440 + local.hour * 60 + local.minute
    for on, start, until in weekly:
        first = start.hour * 60 + start.minute
        last = until.hour * 60 + until.minute
        last += 0 if first < last else 1440
        if weekday in on and first <= at < last:
            return True
    return False


@given(calendars, days, st.integers(1, 5), st.sets(st.integers(-1, 6)))
def test_every_quarter_is_required_just_when_the_wall_clock_says_so(
    calendar: WatchCalendar, first: date, length: int, off: set[int]
) -> None:
    holidays = Holidays(frozenset(first + number * DAY for number in off))
    window = (hcm(first, 0), hcm(first, 0) + length * DAY)
    spans = required(calendar, window, zone=HCM, holidays=holidays)
    at = window[0]
    while at < window[1]:
        found = any(start <= at < end for start, end in spans)
        assert found == is_required(calendar, at, HCM, holidays)
        at += QUARTER


@given(calendars, days, st.integers(1, 5))
def test_where_the_clock_is_changed_only_the_hour_of_the_change_is_uncertain(
    calendar: WatchCalendar, first: date, length: int
) -> None:
    start = datetime.combine(first, time(), ZoneInfo(PARIS)).astimezone(UTC)
    window = (start, start + length * DAY)
    spans = required(calendar, window, zone=PARIS, holidays=NO_HOLIDAYS)
    at = window[0]
    while at < window[1]:
        if not _is_near_a_change(at):
            found = any(start <= at < end for start, end in spans)
            assert found == is_required(calendar, at, PARIS, NO_HOLIDAYS)
        at += QUARTER


def _is_near_a_change(at: datetime) -> bool:
    offsets = {
        (at + timedelta(hours=hour)).astimezone(ZoneInfo(PARIS)).utcoffset() for hour in (-1, 0, 1)
    }
    return len(offsets) > 1


@given(calendars, days, st.integers(1, 40), st.sampled_from([HCM, PARIS]))
def test_windows_that_touch_agree_at_their_seam(
    calendar: WatchCalendar, first: date, cut_h: int, zone: str
) -> None:
    """Nothing is required in one look and not in another: a stop changes nothing."""
    start = hcm(first, 0)
    middle, end = start + timedelta(hours=cut_h), start + timedelta(hours=48)
    window = (start, max(middle, end))
    whole = required(calendar, window, zone=zone, holidays=NO_HOLIDAYS)
    halves = [
        required(calendar, part, zone=zone, holidays=NO_HOLIDAYS)
        for part in ((start, middle), (middle, window[1]))
    ]
    seconds = range(0, int((window[1] - start).total_seconds()), 900)
    for at in (start + timedelta(seconds=second) for second in seconds):
        part = halves[0] if at < middle else halves[1]
        assert any(a <= at < b for a, b in part) == any(a <= at < b for a, b in whole)


@given(calendars, days)
def test_spans_are_in_order_and_do_not_touch(calendar: WatchCalendar, first: date) -> None:
    window = (hcm(first, 0), hcm(first, 0) + 7 * DAY)
    spans = required(calendar, window, zone=HCM, holidays=NO_HOLIDAYS)
    assert all(left[1] < right[0] for left, right in itertools.pairwise(spans))
    assert all(start < end for start, end in spans)


def test_nights_go_on_over_midnight_and_into_saturday() -> None:
    friday = date(2026, 11, 20)
    spans = required(NIGHTS, (hcm(friday, 12), hcm(friday, 12) + 3 * DAY), zone=HCM,
                     holidays=NO_HOLIDAYS)  # fmt: skip
    assert spans == ((hcm(friday, 22), hcm(friday + DAY, 6)),)


def test_a_night_that_began_before_a_holiday_is_watched_to_its_end() -> None:
    tet = date(2026, 2, 17)
    nights = WatchCalendar(NIGHTS.weekly, OnHolidays.OFF)
    window = (hcm(tet - DAY, 12), hcm(tet + DAY, 12))
    off = Holidays(frozenset({tet}))
    assert required(nights, window, zone=HCM, holidays=off) == ((hcm(tet - DAY, 22), hcm(tet, 6)),)


def test_tet_is_watched_all_day_where_schools_are_closed_and_children_stay() -> None:
    days_of_tet = frozenset(date(2026, 2, day) for day in range(16, 21))
    after_school = WatchCalendar((Hours(WEEKDAYS, time(17), time(21)),), OnHolidays.ALL_DAY)
    window = (hcm(date(2026, 2, 16), 0), hcm(date(2026, 2, 21), 0))
    spans = required(after_school, window, zone=HCM, holidays=Holidays(days_of_tet))
    assert spans == (window,)


def test_the_leap_day_has_its_hours() -> None:
    tuesday = date(2028, 2, 29)
    window = (hcm(tuesday, 0), hcm(tuesday, 0) + DAY)
    days_only = WatchCalendar((Hours((1,), time(7), time(17)),))
    spans = required(days_only, window, zone=HCM, holidays=NO_HOLIDAYS)
    assert spans == ((hcm(tuesday, 7), hcm(tuesday, 17)),)


def test_a_night_is_an_hour_shorter_when_the_clock_is_put_forward() -> None:
    saturday = date(2026, 3, 28)
    start = datetime.combine(saturday, time(12), ZoneInfo(PARIS)).astimezone(UTC)
    every_night = WatchCalendar((Hours(EVERY_DAY, time(22), time(6)),))
    (span,) = required(every_night, (start, start + DAY), zone=PARIS, holidays=NO_HOLIDAYS)
    assert span[1] - span[0] == timedelta(hours=7)


def test_all_hours_of_the_week_have_no_end_in_sight() -> None:
    always = WatchCalendar((Hours(EVERY_DAY, time(), time()),))
    window = (hcm(date(2026, 11, 20), 8), hcm(date(2026, 11, 20), 9))
    (span,) = required(always, window, zone=HCM, holidays=NO_HOLIDAYS)
    assert window[0] - span[0] > DAY
    assert span[1] - window[1] > DAY
