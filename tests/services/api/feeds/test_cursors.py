"""Where an agency stands: it may keep it, and not write it."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.feeds import cursors
from services.api.feeds.cursors import Cursor
from services.api.problems import InvalidError

KEY = b"k" * 32
INSTANTS = st.datetimes(timezones=st.just(UTC))
CURSORS = st.builds(
    Cursor,
    grant_id=st.integers(1, 2**62),
    area=st.text(max_size=16),
    epoch=st.text(max_size=30),
    since=st.integers(0, 2**62),
    at=INSTANTS,
    known_until=st.none() | INSTANTS,
    from_day=st.none() | st.dates().map(str),
    facility=st.none() | st.text(max_size=20),
    until=st.none() | st.integers(0, 2**62),
    until_at=st.none() | INSTANTS,
    until_known=st.none() | INSTANTS,
    after=st.none() | st.tuples(st.integers(0, 2**62), st.text(max_size=10)),
)


@given(CURSORS)
def test_a_cursor_comes_back_as_it_was(cursor: Cursor) -> None:
    text = cursors.encoded(cursor, key=KEY, client_id=3)
    assert cursors.decoded(text, key=KEY, client_id=3, field="since") == cursor


@given(CURSORS, st.data())
def test_whatever_is_changed_in_it_is_seen(cursor: Cursor, data: st.DataObject) -> None:
    text = cursors.encoded(cursor, key=KEY, client_id=3)
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    forged = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    with pytest.raises(InvalidError):
        cursors.decoded(forged, key=KEY, client_id=3, field="since")


def test_it_is_good_for_one_agency_and_one_key() -> None:
    cursor = Cursor(1, "a", "e", 7, datetime(2026, 7, 1, tzinfo=UTC))
    text = cursors.encoded(cursor, key=KEY, client_id=3)
    for key, client_id in ((KEY, 4), (b"l" * 32, 3)):
        with pytest.raises(InvalidError):
            cursors.decoded(text, key=key, client_id=client_id, field="since")
