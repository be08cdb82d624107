from hypothesis import given
from hypothesis import strategies as st

from services.api.devices.rhythm import seldom_enough_s, warnings_of
from services.api.devices.schemas import Warned


def test_a_device_that_reports_more_seldom_than_its_zone_tolerates_is_warned_of() -> None:
    (warning,) = warnings_of(300, 60)
    assert warning.code is Warned.REPORTS_TOO_SELDOM
    assert "every 300 s" in warning.detail
    assert "at least every 50 s" in warning.detail
    assert warning.advised_interval_s == 50


def test_reports_may_come_a_fifth_late() -> None:
    assert warnings_of(50, 60) == []
    assert warnings_of(51, 60) != []


def test_what_watches_no_zone_is_not_measured_by_one() -> None:
    assert warnings_of(3600, None) == []


@given(st.floats(2, 86_400))
def test_who_follows_the_advice_is_not_warned_again(max_gap_s: float) -> None:
    assert warnings_of(seldom_enough_s(max_gap_s), max_gap_s) == []
