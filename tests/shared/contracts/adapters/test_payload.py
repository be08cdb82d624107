from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.adapters import sparkplug_wire
from shared.contracts.adapters.base import UnreadableError
from shared.contracts.adapters.payload import (
    LONGEST_PAYLOAD,
    counted_instant_us,
    decoded,
    word,
    written_instant_us,
)

WRITTEN_US = 1_223_641_497_321_000
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS))  # noqa: DTZ001 - hypothesis adds the zone
def test_an_instant_is_the_same_whatever_its_offset(instant: datetime) -> None:
    us = written_instant_us(instant.isoformat())
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us) == instant


def test_an_instant_without_offset_is_read_only_where_one_is_meant() -> None:
    assert written_instant_us("2008-10-10T12:24:57.321", zone=timedelta()) == WRITTEN_US
    assert written_instant_us("2008-10-10T19:24:57.321", zone=timedelta(hours=7)) == WRITTEN_US
    with pytest.raises(UnreadableError, match="offset"):
        written_instant_us("2008-10-10T12:24:57.321")


def test_a_leap_second_is_the_second_before_it() -> None:
    assert written_instant_us("2016-12-31T23:59:60.5Z") == written_instant_us(
        "2016-12-31T23:59:59.5Z"
    )


@pytest.mark.parametrize(
    "text", ["", "now", "2008-10-10", "2008-13-10T12:24:57Z", "1969-12-31T23:59:59Z", "24:60"]
)
def test_what_is_no_instant_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError):
        written_instant_us(text, zone=timedelta())


@given(st.floats(min_value=0), st.integers(0, 4_000_000_000_000_000))
def test_no_counted_instant_is_later_than_its_receipt(seconds: float, received_us: int) -> None:
    assert 0 <= counted_instant_us(seconds, received_us=received_us) <= received_us


def test_an_instant_counted_backwards_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match="1970"):
        counted_instant_us(-1, received_us=0)


@pytest.mark.parametrize("payload", [b"[" * 60_000, b'{"a":' * 12_000, b'{"a":"\xff"}', b"", b"{"])
def test_what_is_no_json_says_what_was_expected(payload: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"^expected an object$"):
        decoded(payload, msgspec.json.decode, expected="an object")


def test_a_word_is_one_of_those_that_are_known() -> None:
    assert word(b" online\n", {b"online": True, b"offline": False})
    with pytest.raises(UnreadableError, match=r"^expected one of: online, offline$"):
        word(b"Online", {b"online": True, b"offline": False})


def test_a_payload_longer_than_any_we_read_is_not_even_decoded() -> None:
    longest = b" " * (LONGEST_PAYLOAD - 2) + b"{}"
    assert decoded(longest, msgspec.json.decode, expected="an object") == {}
    with pytest.raises(UnreadableError, match="bytes"):
        decoded(b" " + longest, msgspec.json.decode, expected="an object")
    with pytest.raises(UnreadableError, match="bytes"):
        sparkplug_wire.parse(b" " + longest)
