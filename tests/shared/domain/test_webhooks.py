import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.disclosure import Dataset, Level
from shared.domain.webhooks import (
    TYPE_OF,
    Call,
    EventType,
    dataset_of,
    secret_of,
    signed,
    wait_of,
)

AT = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def call(level: Level) -> Call:
    return Call(7, 3, EventType.GAP_OPENED, level, "HOA-SEN", AT, "https://giamsat.example")


def test_a_call_is_a_whole_cloud_event() -> None:
    assert call(Level.NAMED).as_cloud_event() == {
        "specversion": "1.0",
        "id": "7-3",
        "source": "https://giamsat.example",
        "type": "vn.giamsat.gap.opened",
        "time": "2026-11-20T05:00:00Z",
        "datacontenttype": "application/json",
        "subject": "HOA-SEN",
        "data": {"grant": 3, "dataset": "gaps"},
    }


def test_a_facility_without_a_name_in_the_grant_has_none_in_the_call() -> None:
    assert "HOA-SEN" not in str(call(Level.PSEUDONYMOUS).as_cloud_event())


def test_gaps_are_told_under_gaps_and_everything_else_under_incidents() -> None:
    of_gaps = {what for what in TYPE_OF.values() if dataset_of(what) is Dataset.GAPS}
    assert of_gaps == {EventType.GAP_OPENED, EventType.GAP_CLOSED, EventType.GAP_CORRECTED}
    assert set(TYPE_OF.values()) == set(EventType)


@given(st.binary(min_size=24, max_size=24), st.binary(min_size=24, max_size=24), st.binary())
def test_whoever_has_the_secret_and_nobody_else_can_check_who_called(
    salt: bytes, other: bytes, body: bytes
) -> None:
    """As Standard Webhooks 1.0 describes it, step by step."""
    secret = secret_of(salt, b"k" * 32)
    headers = signed(body, call_id="7-3", sent_at=AT, secrets=[secret])
    content = f"7-3.{int(AT.timestamp())}.".encode() + body
    assert headers["webhook-id"] == "7-3"
    assert headers["webhook-timestamp"] == str(int(AT.timestamp()))

    def verified(by: str) -> bool:
        key = base64.b64decode(by.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return f"v1,{expected}" in headers["webhook-signature"].split(" ")

    assert verified(secret)
    assert verified(secret_of(other, b"k" * 32)) is (other == salt)
    assert not verified(secret_of(salt, b"l" * 32))


def test_while_the_key_is_changed_both_secrets_verify() -> None:
    secrets = [secret_of(b"salt", key * 32) for key in (b"n", b"o")]
    both = signed(b"x", call_id="1", sent_at=AT, secrets=secrets)["webhook-signature"].split(" ")
    alone = [
        signed(b"x", call_id="1", sent_at=AT, secrets=[secret])["webhook-signature"]
        for secret in secrets
    ]
    assert both == alone


@given(st.integers(1, 2**62), st.integers(1, 2**62))
def test_what_divides_the_signed_parts_is_in_none_of_them(event_id: int, grant_id: int) -> None:
    """Standard Webhooks: neither id nor time may hold a full stop."""
    one = Call(event_id, grant_id, EventType.GAP_OPENED, Level.NAMED, "F", AT, "https://x")
    headers = signed(b"{}", call_id=one.id, sent_at=AT, secrets=[secret_of(b"s" * 24, b"k" * 32)])
    assert "." not in headers["webhook-id"] + headers["webhook-timestamp"]


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("what", EventType)
def test_every_call_is_a_cloud_event_as_its_specification_says(
    level: Level, what: EventType
) -> None:
    """CloudEvents 1.0.2, section 3: names, required attributes, and their types."""
    at = AT + timedelta(microseconds=120_000)
    event = Call(7, 3, what, level, "HOA-SEN", at, "https://giamsat.example").as_cloud_event()
    attributes = {name: value for name, value in event.items() if name != "data"}
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in attributes)
    assert all(isinstance(value, str) and value for value in attributes.values())
    assert {"id", "source", "specversion", "type"} <= attributes.keys()
    assert attributes["specversion"] == "1.0"
    assert urlsplit(str(attributes["source"])).scheme == "https"
    assert datetime.fromisoformat(str(attributes["time"])) == at
    assert json.loads(json.dumps(event)) == event


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 0), ("120", 120), ("0", 0), ("-5", 0), ("soon", 0), ("9" * 40, 2 * 86400),
        ("Fri, 20 Nov 2026 05:10:00 GMT", 600), ("Fri, 20 Nov 2026 04:00:00 GMT", 0),
        ("Fri, 20 Nov 2026 05:10:00 -0000", 0),
    ],
)  # fmt: skip
def test_who_asks_for_a_pause_gets_it(said: str, seconds: float) -> None:
    assert wait_of(said, now=AT) == timedelta(seconds=seconds)
