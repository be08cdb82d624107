"""Pushes are encrypted and signed as the RFCs say, and only the browser meant can read them."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import web_push as domain
from shared.domain.web_push import Subscription
from shared.runtime import web_push
from shared.runtime.web_push import MOST_BYTES, Vapid, WebPushError
from tests.support.push_service import Browser, Push, b64, unb64

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
KEY = bytes(range(32))


def subscribed(browser: Browser) -> Subscription:
    return domain.subscription(browser.endpoint, **browser.keys)


def test_the_example_of_the_standard_comes_out_byte_for_byte() -> None:
    """RFC 8291, section 5 and appendix A."""
    own = ec.derive_private_key(
        int.from_bytes(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1()
    )
    to = domain.subscription(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    plain = b"When I grow up, I want to be a watermelon\x02"
    assert b64(web_push.sealed(plain, to, own, unb64("DGv6ra1nlYgDCS1FRnbzlw"))) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=MOST_BYTES).filter(lambda content: not content.endswith(b"\x02")))
def test_the_browser_reads_what_was_written(content: bytes) -> None:
    browser = Browser("https://push.example/1")
    body = web_push.encrypted(content, subscribed(browser))
    assert browser.opened(body) == content
    assert len(body) <= 4096


def test_no_other_browser_can_read_it() -> None:
    mine, other = Browser("https://push.example/1"), Browser("https://push.example/2")
    body = web_push.encrypted(b"hello", subscribed(mine))
    other.auth = mine.auth
    with pytest.raises(InvalidTag):
        other.opened(body)


def test_the_same_is_never_encrypted_alike() -> None:
    to = subscribed(Browser("https://push.example/1"))
    assert web_push.encrypted(b"hello", to) != web_push.encrypted(b"hello", to)


def test_the_length_of_a_short_message_tells_nothing() -> None:
    to = subscribed(Browser("https://push.example/1"))
    assert len({len(web_push.encrypted(b"x" * n, to)) for n in (1, 40, 511)}) == 1


def test_what_is_too_long_is_not_sent() -> None:
    with pytest.raises(WebPushError):
        web_push.encrypted(b"x" * (MOST_BYTES + 1), subscribed(Browser("https://push.example/1")))


def test_a_point_beside_the_curve_is_no_key() -> None:
    with pytest.raises(WebPushError):
        web_push.must_be_sound(Subscription("https://push.example/1", b"\x04" + b"\1" * 64, b""))


def test_the_token_says_who_pushes_to_which_service_and_until_when() -> None:
    vapid = Vapid.of(KEY, contact="mailto:giamsat@example.org")
    header = vapid.authorization("https://push.example:8443/send/abc?x=1", now=NOW)
    claims = Push("/send/abc", {"authorization": header}, b"").claims()
    assert claims["k"] == vapid.public_key == web_push.public_key_of(KEY)
    assert claims["aud"] == "https://push.example:8443"
    assert claims["sub"] == "mailto:giamsat@example.org"
    assert NOW < datetime.fromtimestamp(claims["exp"], UTC) <= NOW + timedelta(hours=24)


@pytest.mark.parametrize("key", [b"\0" * 32, b"\xff" * 32])
def test_any_32_bytes_are_a_key(key: bytes) -> None:
    assert len(unb64(web_push.public_key_of(key))) == 65
