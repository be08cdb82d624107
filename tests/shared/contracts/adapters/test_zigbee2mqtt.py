import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.adapters.base import (
    Attestation,
    Condition,
    Heard,
    Memory,
    Statement,
    UnreadableError,
)
from shared.contracts.adapters.zigbee2mqtt import read
from shared.domain.states import Hint
from tests.shared.contracts.adapters.laws import (
    RECEIVED_US,
    SECOND_US,
    fresh,
    json_like,
    lawful,
    messages,
    retained,
)

ONLINE = '{"state":"online"}'
OFFLINE = '{"state":"offline"}'
#: A WSDCGQ01LM in the documentation, "MQTT Topics and Messages".
CLIMATE = '{\n  "temperature": 27.34,\n  "humidity": 44.72\n}'
CACHED = '{"battery":97,"humidity":44.72,"temperature":27.34,"voltage":2985}'

# Recorded from zigbee2mqtt 2.14.1 with a radio that was simulated: three sensors in its database,
# one silent for 20 hours, one for 40; `cua` reports, then the one held for dead speaks once more.
STARTED_S = 1_795_344_802
WITHOUT_LAST_SEEN = [
    (0.309, "bridge/state", '{"state":"online"}'),
    (0.344, "phong-ngu/cua/availability", '{"state":"online"}'),
    (0.357, "dead_sensor/availability", '{"state":"offline"}'),
    (0.408, "silent_20h/availability", '{"state":"online"}'),
    (0.455, "phong-ngu/cua", CACHED),
    (0.456, "dead_sensor", CACHED),
    (0.456, "silent_20h", CACHED),
    (
        9.208,
        "phong-ngu/cua",
        '{"battery":97,"humidity":44.72,"linkquality":120,"temperature":23.45,"voltage":2985}',
    ),
    (13.205, "dead_sensor/availability", '{"state":"online"}'),
    (
        13.210,
        "dead_sensor",
        '{"battery":97,"humidity":44.72,"linkquality":120,"temperature":23.2,"voltage":2985}',
    ),
]
# Parts of the same with last_seen: ISO_8601; Home Assistant starts, then zigbee2mqtt is stopped.
HOME_ASSISTANT_S = 1_795_344_872
WITH_LAST_SEEN = [
    (0.851, "bridge/state", '{"state":"online"}'),
    (
        1.066,
        "silent_20h",
        '{"battery":97,"humidity":44.72,"last_seen":"2026-11-21T14:54:31.515Z",'
        '"linkquality":null,"pressure":null,"temperature":27.34,"voltage":2985}',
    ),
    (
        37.745,
        "phong-ngu/cua",
        '{"battery":97,"humidity":44.72,"last_seen":"2026-11-22T10:55:09.742Z",'
        '"linkquality":120,"pressure":null,"temperature":23.49,"voltage":2985}',
    ),
    (44.7, "bridge/state", '{"state":"online"}'),
    (
        44.703,
        "phong-ngu/cua",
        '{"battery":97,"humidity":44.72,"last_seen":"2026-11-22T10:55:09.742Z",'
        '"linkquality":120,"pressure":null,"temperature":23.49,"voltage":2985}',
    ),
    (
        44.703,
        "silent_20h",
        '{"battery":97,"humidity":44.72,"last_seen":"2026-11-21T14:54:31.515Z",'
        '"linkquality":null,"pressure":null,"temperature":27.34,"voltage":2985}',
    ),
    (49.707, "bridge/state", '{"state":"offline"}'),
]


def replay(recorded: list[tuple[float, str, str]], started_s: int) -> list[Statement]:
    """What is stated in the course of it; what cannot be read states nothing."""
    memory: Memory = {}
    stated: list[Statement] = []
    for after_s, topic, payload in recorded:
        heard = fresh(topic, payload, started_s * SECOND_US + round(after_s * SECOND_US))
        with suppress(UnreadableError):
            stated += read(heard, memory)
    return stated


def attested(stated: list[Statement]) -> list[tuple[str, int]]:
    return [(told.name, told.at_us) for told in stated if isinstance(told, Attestation)]


def hint(name: str, condition: Hint = Hint.OFFLINE) -> Condition:
    return Condition(name, condition, True, RECEIVED_US)


def over(name: str, condition: Hint = Hint.OFFLINE) -> Condition:
    return Condition(name, condition, False, RECEIVED_US)


def test_a_start_brings_no_dead_sensor_to_life() -> None:
    assert attested(replay(WITHOUT_LAST_SEEN, STARTED_S)) == [
        ("dead_sensor", STARTED_S * SECOND_US + 13_205_000)
    ]


def test_nor_does_a_start_of_home_assistant_where_last_seen_is_told() -> None:
    stated = replay(WITH_LAST_SEEN, HOME_ASSISTANT_S)
    seen_us = HOME_ASSISTANT_S * SECOND_US + 37_742_000
    silent_since_us = (HOME_ASSISTANT_S - 1 - 20 * 3600) * SECOND_US + 515_000
    assert attested(stated) == [
        ("silent_20h", silent_since_us),
        ("phong-ngu/cua", seen_us),
        ("phong-ngu/cua", seen_us),
        ("silent_20h", silent_since_us),
    ]
    assert stated[-1] == Condition(
        "", Hint.BRIDGE_OFFLINE, True, HOME_ASSISTANT_S * SECOND_US + 49_707_000
    )


@pytest.mark.parametrize("name", ["cua", "phong-ngu/cua", "0x00158d0001dc126a", "a/b/c"])
def test_a_device_that_speaks_watches(name: str) -> None:
    payload = '{"temperature":27.34,"last_seen":"2026-11-22T08:00:00Z"}'
    assert read(fresh(name, payload), {}) == [Attestation(name, RECEIVED_US)]


@pytest.mark.parametrize(
    "last_seen",
    ['"2026-11-22T07:59:58.000Z"', '"2026-11-22T14:59:58+07:00"', "1795334398000"],
)
def test_it_watched_when_it_was_last_seen(last_seen: str) -> None:
    payload = f'{{"battery":97,"last_seen":{last_seen},"linkquality":120}}'
    seen_us = RECEIVED_US - 2 * SECOND_US
    assert read(fresh("cua", payload), {}) == [
        Attestation("cua", seen_us, readings={"battery": 97.0})
    ]


def test_a_clock_ahead_gives_way_to_ours() -> None:
    for last_seen in ('"2099-01-01T00:00:00Z"', "1e300"):
        payload = f'{{"last_seen":{last_seen}}}'
        assert read(fresh("cua", payload), {}) == [Attestation("cua", RECEIVED_US)]


def test_link_quality_is_not_shown_as_signal_strength() -> None:
    payload = '{"battery":101,"linkquality":120,"last_seen":"2026-11-22T08:00:00Z"}'
    assert read(fresh("cua", payload), {}) == [Attestation("cua", RECEIVED_US)]


@pytest.mark.parametrize("payload", [CLIMATE, CACHED, '{"last_seen":null}'])
def test_what_may_be_a_repetition_is_refused_with_what_to_do(payload: str) -> None:
    with pytest.raises(UnreadableError, match=r"advanced\.last_seen to ISO_8601"):
        read(fresh("cua", payload), {})


def test_a_device_that_comes_back_is_heard_but_not_one_that_never_left() -> None:
    memory: Memory = {}
    assert read(fresh("cua/availability", OFFLINE), memory) == [hint("cua")]
    assert read(fresh("cua/availability", ONLINE), memory) == [
        over("cua"),
        Attestation("cua", RECEIVED_US),
    ]
    assert read(fresh("cua/availability", ONLINE), memory) == [over("cua")]


def test_a_device_said_to_be_offline_before_the_bridge_began_did_not_come_back() -> None:
    memory: Memory = {}
    for topic, payload in (("cua/availability", OFFLINE), ("bridge/state", ONLINE)):
        read(fresh(topic, payload), memory)
    assert read(fresh("cua/availability", ONLINE), memory) == [over("cua")]


def test_without_the_bridge_its_devices_are_unknown_and_not_down() -> None:
    memory: Memory = {}
    stated = read(fresh("bridge/state", OFFLINE), memory)
    assert stated == [hint("", Hint.BRIDGE_OFFLINE)]
    assert read(fresh("cua/availability", OFFLINE), memory) == []
    assert read(fresh("bridge/state", ONLINE), memory) == [over("", Hint.BRIDGE_OFFLINE)]
    assert read(fresh("cua/availability", OFFLINE), memory) == [hint("cua")]


def test_the_bare_words_of_older_versions_are_understood() -> None:
    assert read(fresh("bridge/state", "offline"), {}) == [hint("", Hint.BRIDGE_OFFLINE)]
    assert read(fresh("a/b/availability", "offline"), {}) == [hint("a/b")]
    assert read(fresh("a/b/availability", "online"), {}) == [over("a/b")]


def test_a_device_renamed_is_no_longer_offline_under_its_old_name() -> None:
    memory: Memory = {}
    read(fresh("cua/availability", OFFLINE), memory)
    assert read(fresh("cua/availability", b""), memory) == [over("cua")]
    assert read(fresh("cua", b""), memory) == []


def test_what_the_broker_kept_is_a_hint_but_no_watch() -> None:
    memory: Memory = {}
    assert read(retained("bridge/state", OFFLINE), {}) == [hint("", Hint.BRIDGE_OFFLINE)]
    assert read(retained("cua/availability", OFFLINE), memory) == [hint("cua")]
    assert read(retained("cua/availability", ONLINE), memory) == [over("cua")]
    assert read(retained("cua", CACHED), {}) == []


@pytest.mark.parametrize(
    "topic",
    [
        "bridge/info",
        "bridge/devices",
        "bridge/logging",
        "bridge/event",
        "bridge/health",
        "bridge/response/permit_join",
        "cua/set",
        "cua/set/state",
        "phong-ngu/cua/get",
        "cua/left/get/state",
        "",
        "/",
        "/availability",
        "a//availability",
    ],
)
def test_what_no_device_says_is_not_read(topic: str) -> None:
    assert read(fresh(topic, "no JSON"), {}) == []


@pytest.mark.parametrize(("topic", "payload"), [("cua/action", "single"), ("cua/battery", "97")])
def test_single_values_below_a_name_say_nothing(topic: str, payload: str) -> None:
    assert read(fresh(topic, payload), {}) == []


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("cua", "single", "a JSON object"),
        ("cua", "[]", "a JSON object"),
        ("phong-ngu/cua", "{", "a JSON object"),
        ("cua", '{"last_seen":"2 minutes ago"}', "ISO 8601"),
        ("cua", '{"last_seen":"2026-11-22T14:59:58"}', "offset"),
        ("cua", '{"last_seen":-1}', "after 1970"),
        ("cua", '{"last_seen":[]}', "a JSON object"),
        ("cua/availability", "{}", "a state"),
        ("cua/availability", '{"state":"ON"}', "a state"),
        ("bridge/state", "", "a state"),
    ],
)
def test_an_unreadable_message_says_what_was_expected(
    topic: str, payload: str, expected: str
) -> None:
    with pytest.raises(UnreadableError, match=expected):
        read(fresh(topic, payload), {})


def test_no_depth_of_nesting_is_too_deep() -> None:
    with pytest.raises(UnreadableError):
        read(fresh("cua", '{"color":' * 50_000), {})


STATES = st.sampled_from([ONLINE, OFFLINE, "online", "offline", CLIMATE, ""]).map(str.encode)
SEEN = st.builds(
    lambda last_seen, battery: json.dumps({"last_seen": last_seen, "battery": battery}).encode(),
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**70), 2**70)
    | st.datetimes().map(lambda instant: f"{instant.isoformat()}Z")
    | st.text(max_size=5),
    st.none() | st.integers(-(2**70), 2**70) | st.text(max_size=2),
)
TOPICS = st.sampled_from(["bridge/state", "cua", "cua/availability", "a/b"]) | st.lists(
    st.sampled_from(["bridge", "state", "availability", "set", "a", ""]) | st.text(max_size=3),
    max_size=4,
).map("/".join)


@given(messages(TOPICS, STATES | SEEN | json_like(["last_seen", "battery", "state", "online"])))
def test_whatever_is_heard_obeys_the_laws(heard: list[Heard]) -> None:
    memory: Memory = {}
    for message in heard:
        stated = lawful(read, message, memory)
        whole = [statement for statement in stated if statement.name == ""]
        assert all(isinstance(hint, Condition) and hint.condition in Hint for hint in whole)
