from hypothesis import given
from hypothesis import strategies as st

from services.api.devices.rhythm import seldom_enough_s, warnings_of
from services.api.devices.schemas import Warned
from shared.domain.profiles import Listening, Rhythm


def test_a_device_that_reports_more_seldom_than_its_zone_tolerates_is_warned_of() -> None:
    (warning,) = warnings_of(Rhythm(300), 60)
    assert warning.code is Warned.REPORTS_TOO_SELDOM
    assert "every 300 s" in warning.detail
    assert "at least every 50 s" in warning.detail
    assert warning.advised_interval_s == 50


def test_reports_may_come_as_late_as_registered() -> None:
    assert warnings_of(Rhythm(50), 60) == []
    assert warnings_of(Rhythm(51), 60) != []
    assert warnings_of(Rhythm(30, 30), 60) == []
    (warning,) = warnings_of(Rhythm(31, 30), 60)
    assert warning.advised_interval_s == 30


def test_what_sleeps_is_not_advised_to_speak_more_often() -> None:
    (warning,) = warnings_of(Rhythm(90_000, 0, Listening.PASSIVE), 60)
    assert warning.code is Warned.SLEEPS_TOO_LONG
    assert warning.advised_interval_s is None
    assert warnings_of(Rhythm(3000, 600, Listening.PASSIVE), 3600) == []


def test_where_no_rhythm_would_do_none_is_advised() -> None:
    (warning,) = warnings_of(Rhythm(30, 60), 60)
    assert warning.advised_interval_s is None
    assert "let the zone tolerate more" in warning.detail


def test_what_watches_no_zone_is_not_measured_by_one() -> None:
    assert warnings_of(Rhythm(3600), None) == []


@given(st.floats(1, 86_400), st.none() | st.floats(0, 100))
def test_who_follows_the_advice_is_not_warned_again(
    max_gap_s: float, tolerance_s: float | None
) -> None:
    advised_s = seldom_enough_s(max_gap_s, tolerance_s)
    assert advised_s is None or warnings_of(Rhythm(advised_s, tolerance_s), max_gap_s) == []
