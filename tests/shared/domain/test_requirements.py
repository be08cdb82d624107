from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.gaps import Requirement
from shared.domain.intervals import Spans, intersect, union
from shared.domain.requirements import DatedRequirement, in_force, pieces
from shared.domain.watch_calendar import Hours, WatchCalendar

#: Friday noon in Viet Nam.
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
HCM = "Asia/Ho_Chi_Minh"
NIGHTS = WatchCalendar((Hours(tuple(range(7)), time(22), time(6)),))
MINUTE = timedelta(minutes=1)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def dated(
    start_h: float, end_h: float | None = None, calendar: WatchCalendar | None = None
) -> DatedRequirement:
    end_at = None if end_h is None else at(end_h)
    return DatedRequirement(Requirement(1, MINUTE, at(start_h), end_at), calendar)


def spans(found: tuple[Requirement, ...]) -> list[tuple[datetime, datetime | None]]:
    return [(one.valid_from, one.valid_to) for one in found]


def test_without_a_calendar_a_requirement_is_one_piece_as_it_stands() -> None:
    plain = dated(0)
    assert pieces([plain], (at(1), at(2)), zone=HCM) == (plain.requirement,)


def test_a_calendar_leaves_its_hours_of_the_time_in_force() -> None:
    """Changed at midnight: the night is cut there, and what binds afterwards is the new one."""
    old, new = dated(-100, 12, NIGHTS), dated(12)
    found = pieces([old, new], (at(0), at(24)), zone=HCM)
    assert spans(found) == [(at(10), at(12)), (at(12), None)]


def test_a_piece_that_crosses_the_window_is_whole() -> None:
    found = pieces([dated(-100, None, NIGHTS)], (at(11), at(11.5)), zone=HCM)
    assert spans(found) == [(at(10), at(18))]


def test_where_nobody_is_nothing_binds_though_it_is_on_record() -> None:
    empty = DatedRequirement(Requirement(1, MINUTE, at(0)), is_occupied=False)
    assert pieces([empty], (at(0), at(24)), zone=HCM) == ()
    assert in_force([empty]) == ((at(0), datetime(9999, 1, 1, tzinfo=UTC)),)


def test_what_was_taken_back_before_it_began_never_binds() -> None:
    assert pieces([dated(5, 5), dated(5, 5, NIGHTS)], (at(0), at(24)), zone=HCM) == ()


@given(st.floats(0, 200), st.floats(0.01, 60), st.floats(0.01, 60))
def test_taken_apart_in_any_two_windows_it_is_the_same(
    start_h: float, first_h: float, second_h: float
) -> None:
    """Tick by tick after a stop, or at one stroke."""
    one = [dated(3, 150, NIGHTS), dated(150, 160), dated(160, None, NIGHTS)]
    cuts = at(start_h), at(start_h + first_h), at(start_h + first_h + second_h)
    whole = (cuts[0], cuts[2])
    apart = [(cuts[0], cuts[1]), (cuts[1], cuts[2])]
    assert _bound(pieces(one, whole, zone=HCM), whole) == union(
        *(_bound(pieces(one, part, zone=HCM), part) for part in apart)
    )


def _bound(found: tuple[Requirement, ...], window: tuple[datetime, datetime]) -> Spans[datetime]:
    return union(
        *(intersect(((one.valid_from, one.valid_to or at(9999)),), (window,)) for one in found)
    )
