"""What is asked of a push service, what it answers, and who may say that a message arrived."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import web_push
from shared.domain.delivery import LONGEST_PAUSE, MessageKind
from shared.domain.states import Severity
from shared.domain.web_push import Answer, SubscriptionFlawError, Urgency, encoded

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
KEY = b"k" * 32
POINT = encoded(b"\x04" + b"p" * 64)
AUTH = encoded(b"a" * 16)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (201, Answer.TAKEN), (202, Answer.TAKEN), (200, Answer.TAKEN),
        (404, Answer.GONE), (410, Answer.GONE),
        (429, Answer.LATER), (500, Answer.LATER), (503, Answer.LATER),
        (400, Answer.REFUSED), (401, Answer.REFUSED), (403, Answer.REFUSED),
        (413, Answer.REFUSED), (302, Answer.REFUSED),
    ],
)  # fmt: skip
def test_an_answer_is_one_of_four(status: int, answer: Answer) -> None:
    assert web_push.judged(status) is answer


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("Wed, 01 Jul 2026 08:05:00 GMT", timedelta(minutes=5)),
        ("Wed, 01 Jul 2026 07:00:00 GMT", timedelta(0)),
        ("999999999999999999", LONGEST_PAUSE),
        ("", timedelta(0)), ("soon", timedelta(0)), ("-5", timedelta(0)), ("²", timedelta(0)),
    ],
)  # fmt: skip
def test_a_service_says_how_long_to_wait(header: str, wait: timedelta) -> None:
    assert web_push.wait_after(header, now=NOW) == wait


@given(st.text())
def test_whatever_a_service_says_the_wait_has_an_end(header: str) -> None:
    assert timedelta(0) <= web_push.wait_after(header, now=NOW) <= LONGEST_PAUSE


def test_a_subscription_is_taken_as_the_browser_writes_it() -> None:
    found = web_push.subscription("https://push.example/1", POINT + "=", AUTH + "==")
    assert (found.p256dh[0], len(found.p256dh), found.auth) == (4, 65, b"a" * 16)


@pytest.mark.parametrize(
    ("endpoint", "p256dh", "auth"),
    [
        ("", POINT, AUTH),
        ("https://x/" + "x" * 2000, POINT, AUTH),
        ("https://x/", encoded(b"\x02" + b"p" * 32), AUTH),
        ("https://x/", "not base64!", AUTH),
        ("https://x/", "é", AUTH),
        ("https://x/", POINT, encoded(b"a" * 15)),
        ("https://x/", POINT, "A" * 3000),
    ],
)
def test_anything_else_is_none(endpoint: str, p256dh: str, auth: str) -> None:
    with pytest.raises(SubscriptionFlawError):
        web_push.subscription(endpoint, p256dh, auth)


def test_only_what_we_made_is_a_reference_of_ours() -> None:
    ref = web_push.reference("<m1@x>", key=KEY)
    assert web_push.is_ours(ref, key=KEY)
    assert ref == web_push.reference("<m1@x>", key=KEY) != web_push.reference("<m2@x>", key=KEY)
    assert not web_push.is_ours(ref, key=b"o" * 32)
    assert not web_push.is_ours(ref[:-1] + ("A" if ref[-1] != "A" else "B"), key=KEY)
    assert not web_push.is_ours(ref + "=", key=KEY)


def test_what_lies_in_tables_of_a_reference_is_none() -> None:
    ref = web_push.reference("<m1@x>", key=KEY)
    assert not web_push.is_ours(web_push.recorded(ref), key=KEY)
    assert web_push.recorded(ref) != web_push.recorded(web_push.reference("<m2@x>", key=KEY))


@given(st.text(max_size=80))
def test_nobody_guesses_a_reference(ref: str) -> None:
    assert not web_push.is_ours(ref, key=KEY)


def test_a_topic_is_the_incidents_and_fits_into_its_header() -> None:
    first = web_push.topic(7, "<a@x>", key=KEY)
    assert first == web_push.topic(7, "<b@x>", key=KEY) != web_push.topic(8, "<a@x>", key=KEY)
    assert web_push.topic(None, "<a@x>", key=KEY) != web_push.topic(None, "<b@x>", key=KEY)
    assert len(first) == 32


def test_what_asks_somebody_to_act_wakes_a_telephone() -> None:
    assert web_push.urgency(MessageKind.ALERT, Severity.CRITICAL) is Urgency.HIGH
    assert web_push.urgency(MessageKind.ALERT, Severity.NOTICE) is Urgency.NORMAL
    assert web_push.urgency(MessageKind.RECOVERY, Severity.CRITICAL) is Urgency.NORMAL
    assert web_push.urgency(MessageKind.DIGEST, None) is Urgency.LOW


def test_a_secret_file_holds_one_key_or_nothing() -> None:
    assert web_push.key_of("") == b""
    assert web_push.key_of("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=\n") == KEY
    for wrong in ("a2s=", "kein Schlüssel"):
        with pytest.raises(ValueError, match="32 bytes"):
            web_push.key_of(wrong)
