from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.approvals.calendar import month as months
from services.api.approvals.calendar.month import Month, Mood
from services.api.approvals.queries import Place, Request
from services.api.problems import MissingError
from shared.domain.approvals import Approval, Decision, Kind, Repeats, Window
from shared.domain.schedule import midnight

ZONE = "Asia/Ho_Chi_Minh"
T0 = datetime(2026, 11, 1, tzinfo=UTC)
HERE = Place(1, "F1", "Mái ấm Hoa Sen", 2, "U1", "xã Ba Gia")


def request(window: Window, *, decision: Decision | None = Decision.APPROVED) -> Request:
    it = Approval(
        kind=Kind.MAINTENANCE,
        requested_by=1,
        requested_at=T0 - timedelta(days=60),
        expires_at=T0 + timedelta(days=900),
        window=window,
        decision=decision,
        decided_by=None if decision is None else 2,
        decided_at=None if decision is None else T0 - timedelta(days=60),
    )
    return Request(1, it, HERE, {}, "why", "", 0, "Lan", None, None)


@given(st.dates(date(2020, 1, 1), date(2099, 12, 31)))
def test_a_month_is_whole_weeks_that_hold_each_of_its_days_once(day: date) -> None:
    month = Month(day.replace(day=1))
    days = [one for week in month.weeks for one in week]
    assert all(len(week) == 7 and week[0].weekday() == 0 for week in month.weeks)
    assert days.count(day) == 1
    assert len(days) == len(set(days))
    assert month.before < month.first < month.after
    assert Month(month.after).before == month.first


@given(st.integers(-100, 700), st.integers(1, 300), st.sampled_from([None, *Repeats]))
def test_what_falls_on_the_days_of_a_month_is_all_that_holds_in_it(
    start: int, hours: int, repeats: Repeats | None
) -> None:
    length = min(hours, {None: 300, Repeats.DAILY: 23, Repeats.WEEKLY: 167}[repeats])
    begin = T0 + timedelta(hours=start)
    until = None if repeats is None else begin + timedelta(days=40)
    one = request(Window(begin, begin + timedelta(hours=length), repeats, until))
    month = Month(date(2026, 11, 1))
    found = months.by_day([one], month, ZONE, now=T0)
    told = sum((e.span[1] - e.span[0] for day in found.values() for e in day), timedelta(0))
    held = months.times_of(one, month.span(ZONE), now=T0)
    assert told == sum((end - first for first, end in held), timedelta(0))
    for day, entries in found.items():
        for entry in entries:
            assert midnight(day, ZONE) <= entry.span[0] < entry.span[1]
            assert entry.span[1] <= midnight(day + timedelta(days=1), ZONE)


def test_what_waits_is_shown_as_it_would_be() -> None:
    begin = T0 + timedelta(days=3)
    one = request(Window(begin, begin + timedelta(hours=2)), decision=None)
    (entries,) = months.by_day([one], Month(date(2026, 11, 1)), ZONE, now=T0).values()
    assert [entry.mood for entry in entries] == [Mood.ASKED]


def test_a_night_lies_on_two_days() -> None:
    begin = datetime(2026, 11, 10, 15, tzinfo=UTC)
    one = request(Window(begin, begin + timedelta(hours=4)))
    found = months.by_day([one], Month(date(2026, 11, 1)), ZONE, now=T0)
    assert [(d, e.from_before, e.goes_on) for d, day in found.items() for e in day] == [
        (date(2026, 11, 10), False, True),
        (date(2026, 11, 11), True, False),
    ]


@pytest.mark.parametrize("wrong", ["2026-13", "1999-01", "11-2026", "", "2026-1"])
def test_a_month_that_cannot_be_is_not_there(wrong: str) -> None:
    with pytest.raises(MissingError):
        months.month_of(wrong, today=date(2026, 11, 1))
