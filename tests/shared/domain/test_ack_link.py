"""Links with which people take incidents up: only ours open, only in time, only as they are."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import ack_link
from shared.domain.ack_link import LASTS, Flaw, Link

KEY = b"a key that is only good for tests, 1"
OTHER = b"a key that is only good for tests, 2"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

numbers = st.integers(min_value=1, max_value=2**40 - 1)
moments = st.floats(min_value=0, max_value=4e9).map(lambda s: datetime.fromtimestamp(s, UTC))


@given(numbers, moments)
def test_a_link_leads_back_to_its_message(number: int, written_at: datetime) -> None:
    token = ack_link.make(number, written_at=written_at, key=KEY)
    link = ack_link.read(token, keys=[KEY], now=written_at)
    assert isinstance(link, Link)
    assert link.notification_id == number
    assert timedelta(0) <= link.expires_at - (written_at + LASTS) < timedelta(minutes=1)


@given(numbers, moments)
def test_a_link_ends_in_a_letter_or_digit_and_is_short(number: int, written_at: datetime) -> None:
    token = ack_link.make(number, written_at=written_at, key=KEY)
    assert token[-1].isalnum()
    assert len(token) == 35


def test_a_message_has_one_link_however_often_it_is_sent() -> None:
    assert ack_link.make(7, written_at=NOON, key=KEY) == ack_link.make(7, written_at=NOON, key=KEY)


@given(numbers, st.integers(min_value=0, max_value=34), st.characters(codec="ascii"))
def test_no_other_text_opens(number: int, place: int, sign: str) -> None:
    token = ack_link.make(number, written_at=NOON, key=KEY)
    changed = token[:place] + sign + token[place + 1 :]
    found = ack_link.read(changed, keys=[KEY], now=NOON)
    assert (found is Flaw.FORGED) == (changed != token)


@given(st.text(max_size=80))
def test_whatever_is_typed_opens_nothing(text: str) -> None:
    assert ack_link.read(text, keys=[KEY], now=NOON) is Flaw.FORGED


def test_another_key_opens_nothing_and_none_at_all_neither() -> None:
    token = ack_link.make(7, written_at=NOON, key=OTHER)
    assert ack_link.read(token, keys=[KEY], now=NOON) is Flaw.FORGED
    assert ack_link.read(token, keys=[], now=NOON) is Flaw.FORGED


def test_links_of_the_key_before_stay_good() -> None:
    token = ack_link.make(7, written_at=NOON, key=OTHER)
    assert isinstance(ack_link.read(token, keys=[KEY, OTHER], now=NOON), Link)


def test_a_link_is_good_until_its_time_and_not_at_it() -> None:
    token = ack_link.make(7, written_at=NOON, key=KEY)
    end = NOON + LASTS
    assert isinstance(ack_link.read(token, keys=[KEY], now=end - timedelta(seconds=1)), Link)
    assert ack_link.read(token, keys=[KEY], now=end) is Flaw.EXPIRED


def test_a_file_of_keys_holds_the_newest_first_and_no_short_ones() -> None:
    assert ack_link.keys_of(f"{'a' * 32}\n{'b' * 40}\n") == (b"a" * 32, b"b" * 40)
    assert ack_link.keys_of("") == ()
    with pytest.raises(ValueError, match="32"):
        ack_link.keys_of("short")
