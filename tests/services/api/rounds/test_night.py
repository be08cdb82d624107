"""A night from what is on record: who is due, what was missed, and the hours that are drawn."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from services.api.coverage.facts import Zone
from services.api.rounds import night, shown
from services.api.rounds.night import Facts
from services.api.rounds.queries import Hole, Point, Room, Visit
from services.api.rounds.schemas import RoundZoneOut
from shared.domain.gaps import Requirement
from shared.domain.places import DeviceKind
from shared.domain.rounds import night_of

ZONE = "Asia/Ho_Chi_Minh"
ON = date(2026, 7, 1)
TEN = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)  # 22:00 in Viet Nam
HOUR = timedelta(hours=1)
ROUNDS = frozenset({DeviceKind.ROUND_POINT})
NIGHTLY = Requirement(1, 2 * HOUR, TEN, TEN + 8 * HOUR, ROUNDS)


def facts(
    *,
    required: Sequence[Requirement] = (NIGHTLY,),
    came: Sequence[float] = (),
    holes: Sequence[Hole] = (),
) -> Facts:
    """A corridor with one place; somebody came by so many hours after ten."""
    visits = [
        Visit(number, "r-1", "hall", TEN + hours * HOUR, "Hoa", "")
        for number, hours in enumerate(came, start=1)
    ]
    last = visits[-1].checked_at if visits else None
    return Facts(
        night=ON,
        window=night_of(ON, ZONE),
        zones=[Zone(1, "hall", required, ())],
        rooms=[Room("hall", "Hành lang", is_retired=False)],
        points=[Point(7, "r-1", "Cầu thang", "hall", "Hành lang", TEN, last)],
        visits=visits,
        holes=holes,
    )


def hall(known: Facts, *, after_h: float) -> RoundZoneOut:
    [zone] = night.told(known, now=TEN + after_h * HOUR).zones
    return zone


def picture(known: Facts, *, after_h: float) -> shown.Picture:
    now = TEN + after_h * HOUR
    return shown.picture(known, night.told(known, now=now), ZONE, now=now)


def test_the_next_is_due_two_hours_after_the_last() -> None:
    zone = hall(facts(came=[0.5, 2]), after_h=3)
    assert (zone.last_at, zone.due_at) == (TEN + 2 * HOUR, TEN + 4 * HOUR)
    assert zone.max_gap_s == 7200


def test_nobody_is_due_where_nothing_or_something_else_is_required() -> None:
    anything = Requirement(1, HOUR, TEN, None, None)
    assert hall(facts(required=[]), after_h=3).due_at is None
    assert hall(facts(required=[anything]), after_h=3).due_at is None
    assert hall(facts(required=[anything]), after_h=3).max_gap_s is None


def test_nobody_is_due_in_a_night_that_is_over() -> None:
    assert hall(facts(came=[0.5]), after_h=30).due_at is None


def test_a_gap_of_a_round_is_a_missed_one_with_when_it_was_due() -> None:
    hole = Hole("hall", TEN, TEN + 3 * HOUR, 12)
    [missed] = hall(facts(came=[3], holes=[hole]), after_h=4).missed
    assert (missed.start, missed.due_at, missed.end) == (TEN, TEN + 2 * HOUR, TEN + 3 * HOUR)
    assert missed.incident == 12


def test_a_gap_that_began_while_something_else_was_required_is_none() -> None:
    camera = Requirement(1, HOUR, TEN - 5 * HOUR, TEN, frozenset({DeviceKind.CAMERA}))
    hole = Hole("hall", TEN - HOUR, TEN + HOUR, None)
    assert hall(facts(required=[camera, NIGHTLY], holes=[hole]), after_h=4).missed == []


def test_only_the_hours_of_the_night_are_drawn() -> None:
    assert picture(facts(), after_h=1).hours == ("22", "23", "00", "01", "02", "03", "04", "05")


def test_a_visit_before_the_night_adds_its_hour() -> None:
    drawn = picture(facts(came=[-1.5]), after_h=1)
    assert drawn.hours[:3] == ("20", "21", "22")
    [row] = drawn.rows
    assert (row.cells[0].times, row.cells[0].is_required) == (("20:30",), False)
    assert row.cells[2].is_required


def test_where_nothing_is_asked_or_done_a_usual_night_is_drawn() -> None:
    drawn = picture(facts(required=[]), after_h=1)
    assert (drawn.hours[0], drawn.hours[-1], len(drawn.hours)) == ("18", "05", 12)


def test_hours_are_missed_from_when_somebody_was_due() -> None:
    hole = Hole("hall", TEN, None, None)
    [row] = picture(facts(holes=[hole]), after_h=3.5).rows
    assert [cell.is_missed for cell in row.cells] == [False, False, True, True] + [False] * 4


def test_whoever_is_overdue_comes_first() -> None:
    drawn = picture(facts(came=[0.5]), after_h=3)
    [due] = drawn.due
    assert (due.at, due.is_over) == (TEN + 2.5 * HOUR, True)


def test_the_nights_beside_it_can_be_looked_at_but_none_to_come() -> None:
    nights = picture(facts(), after_h=1).nights
    assert (nights.before, nights.after, nights.is_tonight) == (date(2026, 6, 30), None, True)
    assert picture(facts(), after_h=30).nights.after == date(2026, 7, 2)
