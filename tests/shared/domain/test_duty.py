from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.duty import (
    FARTHEST_AHEAD,
    LONGEST_SHIFT,
    Holder,
    Obstacle,
    OnDuty,
    Series,
    Shift,
    found,
    found_again,
    shifts_of,
    why_no_series,
    why_not_on_duty,
)
from shared.domain.escalation import How, Recipient

#: Noon in Viet Nam on a Friday.
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
MAIL = frozenset({Channel.EMAIL})
DEAF: frozenset[Channel] = frozenset()


def holder(
    number: int,
    *,
    deputy: bool = False,
    duty: OnDuty | None = None,
    open_on: frozenset[Channel] = MAIL,
) -> Holder:
    person = Recipient(number, Role.DEPT_OFFICER, f"{number}@example.org", "vi")
    return Holder(person, is_deputy=deputy, on_duty=duty, open_on=open_on)


def numbers(people: tuple[Recipient, ...]) -> list[int]:
    return [person.user_id for person in people]


def test_whoever_is_on_duty_is_told_and_nobody_else() -> None:
    reached = found([holder(1), holder(2, duty=OnDuty.PRINCIPAL), holder(3, deputy=True)], MAIL)
    assert (numbers(reached.people), reached.how) == ([2], How.ON_DUTY)


def test_where_nobody_is_on_duty_all_who_hold_the_role_are_told_and_not_their_deputies() -> None:
    reached = found([holder(1), holder(2), holder(3, deputy=True)], MAIL)
    assert (numbers(reached.people), reached.how) == ([1, 2], How.HOLDER)


def test_one_on_duty_who_cannot_be_reached_is_stood_in_for() -> None:
    on_duty = holder(1, duty=OnDuty.PRINCIPAL, open_on=DEAF)
    deputy = holder(2, duty=OnDuty.DEPUTY)
    assert found([on_duty, deputy, holder(3)], MAIL).how is How.DEPUTY_ON_DUTY
    assert numbers(found([on_duty, holder(3)], MAIL).people) == [3]
    assert found([on_duty, holder(4, deputy=True)], MAIL).how is How.DEPUTY


def test_nobody_who_can_be_reached_is_nobody() -> None:
    assert found([holder(1, open_on=DEAF), holder(2, open_on=frozenset({Channel.SMS}))], MAIL).how \
        is How.NOBODY  # fmt: skip


def test_a_telephone_counts_only_where_short_messages_are_sent() -> None:
    phone = holder(1, open_on=frozenset({Channel.SMS}))
    assert numbers(found([phone], [Channel.EMAIL, Channel.SMS]).people) == [1]


def test_a_repeat_tells_the_deputies_as_well() -> None:
    known = [holder(1), holder(2, deputy=True)]
    assert numbers(found_again(known, MAIL).people) == [1, 2]
    rota = [holder(1, duty=OnDuty.PRINCIPAL), holder(2, duty=OnDuty.DEPUTY), holder(3)]
    assert numbers(found_again(rota, MAIL).people) == [1, 2]
    assert numbers(found_again([rota[0], holder(4, deputy=True)], MAIL).people) == [1, 4]


holders = st.lists(
    st.builds(
        holder,
        st.integers(1, 6),
        deputy=st.booleans(),
        duty=st.sampled_from([None, None, *OnDuty]),
        open_on=st.sampled_from([MAIL, DEAF]),
    ),
    max_size=6,
    unique_by=lambda one: one.recipient.user_id,
)


@given(holders)
def test_the_first_group_with_somebody_in_it_is_told_whole(known: list[Holder]) -> None:
    able = [one for one in known if one.open_on]
    groups = [
        [one for one in able if one.on_duty is OnDuty.PRINCIPAL],
        [one for one in able if one.on_duty is OnDuty.DEPUTY],
        [one for one in able if one.on_duty is None and not one.is_deputy],
        [one for one in able if one.on_duty is None and one.is_deputy],
    ]
    expected = next((group for group in groups if group), [])
    told = found(known, MAIL)
    assert set(numbers(told.people)) == {one.recipient.user_id for one in expected}
    again = found_again(known, MAIL)
    assert set(numbers(told.people)) <= set(numbers(again.people))
    assert len(numbers(again.people)) == len(set(numbers(again.people)))


@pytest.mark.parametrize(
    ("begins", "ends", "obstacle"),
    [
        (timedelta(), timedelta(hours=12), None),
        (timedelta(), timedelta(), Obstacle.ENDS_BEFORE_IT_BEGINS),
        (timedelta(hours=-2), timedelta(), Obstacle.IN_THE_PAST),
        (timedelta(hours=-2), timedelta(seconds=1), None),
        (timedelta(), LONGEST_SHIFT, None),
        (timedelta(), LONGEST_SHIFT + timedelta(seconds=1), Obstacle.TOO_LONG),
        (FARTHEST_AHEAD, FARTHEST_AHEAD + timedelta(hours=1), None),
        (FARTHEST_AHEAD * 1.01, FARTHEST_AHEAD * 1.02, Obstacle.TOO_FAR_AHEAD),
    ],
)
def test_a_shift_is_some_hours_not_long_ago_nor_far_ahead(
    begins: timedelta, ends: timedelta, obstacle: Obstacle | None
) -> None:
    if obstacle is Obstacle.TOO_FAR_AHEAD:
        ends = begins + timedelta(hours=1)
    assert why_not_on_duty(Shift(NOON + begins, NOON + ends), now=NOON) is obstacle


def test_a_night_ends_on_the_next_morning() -> None:
    nights = Series(
        date(2026, 11, 20), date(2026, 11, 22), frozenset({4, 5}), time(17), time(7, 30)
    )
    assert [(s.starts_at.isoformat(), s.ends_at.isoformat()) for s in shifts_of(nights, now=NOON)] \
        == [
            ("2026-11-20T17:00:00+07:00", "2026-11-21T07:30:00+07:00"),
            ("2026-11-21T17:00:00+07:00", "2026-11-22T07:30:00+07:00"),
        ]  # fmt: skip


def test_a_series_without_a_day_reversed_or_too_far_is_none() -> None:
    def series(first: date, last: date, *days: int) -> Series:
        return Series(first, last, frozenset(days), time(7, 30), time(17))

    friday = date(2026, 11, 20)
    assert why_no_series(series(friday, friday, 4), now=NOON) is None
    assert why_no_series(series(friday, friday, 5), now=NOON) is Obstacle.NO_DAYS
    assert why_no_series(series(friday, friday - timedelta(days=1), 4), now=NOON) \
        is Obstacle.ENDS_BEFORE_IT_BEGINS  # fmt: skip
    late = friday + timedelta(days=91)
    assert why_no_series(series(friday, late, 4), now=NOON) is Obstacle.TOO_FAR_AHEAD


@given(
    st.dates(date(2026, 11, 1), date(2026, 12, 31)),
    st.integers(0, 90),
    st.frozensets(st.integers(0, 6)),
    st.times(),
    st.times(),
)
def test_a_series_is_one_shift_on_each_of_its_days_that_is_not_over(
    first: date, days: int, weekdays: frozenset[int], begins: time, ends: time
) -> None:
    made = shifts_of(Series(first, first + timedelta(days=days), weekdays, begins, ends), now=NOON)
    expected = [
        first + timedelta(days=n)
        for n in range(days + 1)
        if (first + timedelta(days=n)).weekday() in weekdays
    ]
    began = [shift.starts_at.date() for shift in made]
    assert began == expected[len(expected) - len(began) :]
    assert all(timedelta() < shift.ends_at - shift.starts_at <= timedelta(days=1) for shift in made)
    assert all(shift.ends_at > NOON for shift in made)
