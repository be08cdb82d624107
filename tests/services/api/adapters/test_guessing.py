import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.adapters.guessing import Guess, guesses
from shared.contracts.adapters.rules import ANY_NAME, Dialect, Rule, interpret

NOW_US = 1_795_334_400_000_000
SENSOR = '{"contact":true,"last_seen":"2026-11-22T07:59:00.000Z"}'
STATS = json.dumps({"cameras": {"cong": {"camera_fps": 5.0}}, "service": {"uptime": 100}})
EVENT = json.dumps(
    {
        "UtcTime": "2026-11-22T07:59:00Z",
        "Source": {"VideoSource": "1"},
        "Data": {"State": "true"},
    }
)


def guessed(topic: str, payload: str) -> list[Guess]:
    return guesses(topic, payload.encode(), received_us=NOW_US)


@pytest.mark.parametrize(
    ("topic", "payload", "guess"),
    [
        ("zigbee2mqtt/bếp/cửa", SENSOR, ("zigbee2mqtt", "zigbee2mqtt", "bếp/cửa")),
        ("a/zigbee2mqtt/cua", SENSOR, ("zigbee2mqtt", "a/zigbee2mqtt", "cua")),
        ("frigate/stats", STATS, ("frigate", "frigate", "cong")),
        ("nvr-2/stats", STATS, ("frigate", "nvr-2", "cong")),
        ("tele/cua/LWT", "Online", ("tasmota", "", "cua")),
        ("shellyplus1-a/online", "true", ("shelly", "", "shellyplus1-a")),
        ("online", "true", ("shelly", "", "*")),
        ("tele/LWT", "Online", ("tasmota", "", "*")),
        ("cam/onvif-ej/VideoSource/MotionAlarm/&1", EVENT, ("onvif", "cam", "1")),
    ],
)
def test_what_a_program_sends_as_it_is_shipped_is_known(
    topic: str, payload: str, guess: tuple[str, str, str]
) -> None:
    dialect, prefix, name = guess
    assert guessed(topic, payload) == [Guess(Dialect(dialect), prefix, (name,))]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("zigbee2mqtt/bridge/state", '{"state":"online"}'),
        ("frigate/available", "online"),
        ("a/b/c/d", "hello"),
        ("a", "{"),
    ],
)
def test_what_names_no_device_is_no_guess(topic: str, payload: str) -> None:
    assert guessed(topic, payload) == []


def test_any_object_is_taken_for_a_sensors_where_nothing_else_fits() -> None:
    assert [guess.dialect for guess in guessed("a/b", SENSOR)] == [Dialect.ZIGBEE2MQTT]


@given(
    st.lists(st.sampled_from(["a", "tele", "frigate", "status", "online", ""]), max_size=8),
    st.one_of(st.binary(max_size=60), st.sampled_from([b"Online", b"true", STATS.encode()])),
)
def test_a_rule_made_of_a_guess_makes_the_message_understood(
    levels: list[str], payload: bytes
) -> None:
    topic = "/".join(levels)
    for guess in guesses(topic, payload, received_us=NOW_US):
        rule = Rule(guess.dialect, guess.prefix, ANY_NAME, "door")
        meaning = interpret([rule], topic, payload, received_us=NOW_US, is_retained=False)
        assert {device for device, _ in meaning.statements} == {"door"}
