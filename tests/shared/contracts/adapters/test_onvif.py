import json
from datetime import UTC, datetime, timedelta
from typing import Any

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
from shared.contracts.adapters.onvif import FAULTS, read
from shared.domain.states import Hint, WatchState
from tests.shared.contracts.adapters.laws import (
    RECEIVED_US,
    SECOND_US,
    fresh,
    json_like,
    lawful,
    messages,
    retained,
)

SEEN_US = RECEIVED_US - 2 * SECOND_US
SEEN = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=SEEN_US)).isoformat()
DARK = "onvif-ej/VideoSource/ImageTooDark/ImagingService/&VideoSource_1"
MOTION = "onvif-ej/VideoSource/MotionAlarm/&VideoSource_1"

# From the Core specification, "Event Broker", examples; its TopicPrefix is our rule's prefix.
CROSSED = "onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/MyImportantFence1"
CROSSED_PAYLOAD = """{
  "UtcTime": "2008-10-10T12:24:57.321Z",
  "Source": {
    "VideoSource": "1",
    "AnalyticsConfiguration": "2",
    "Rule": "MyImportantFence1"
  },
  "Data": {
    "ObjectId": "15"
  }
}"""
TOO_WARM = "onvif-ej/Device/Sensor/Temperature/High"
TOO_WARM_PAYLOAD = """{
  "UtcTime": "2025-07-15T14:30:00Z",
  "Source": {
    "SensorID": "temp_001"
  },
  "Data": {
    "Value": 28.65,
    "Threshold": 25.15
  }
}"""


def event(data: object, source: object = None, **more: object) -> str:
    source = {"Source": "VideoSource_1"} if source is None else source
    return json.dumps({"UtcTime": SEEN, "Source": source, "Data": data, **more})


def begun(condition: WatchState | Hint, name: str = "VideoSource_1") -> Condition:
    return Condition(name, condition, True, SEEN_US)


def over(condition: WatchState | Hint, name: str = "VideoSource_1") -> Condition:
    return Condition(name, condition, False, SEEN_US)


def shown(name: str = "VideoSource_1") -> Attestation:
    return Attestation(name, SEEN_US)


def test_a_result_of_analytics_attests_when_and_where_it_was_seen() -> None:
    assert read(fresh(CROSSED, CROSSED_PAYLOAD), {}) == [Attestation("1", 1_223_641_497_321_000)]


def test_a_sensor_beside_the_picture_says_nothing_of_the_watch() -> None:
    assert read(fresh(TOO_WARM, TOO_WARM_PAYLOAD), {}) == []


@pytest.mark.parametrize(
    ("topic", "state"),
    [
        ("VideoSource/ImageTooBlurry/AnalyticsService", WatchState.BLURRY),
        ("VideoSource/ImageTooDark/ImagingService", WatchState.DARK),
        ("VideoSource/ImageTooDark/RecordingService", WatchState.DARK),
        ("VideoSource/ImageTooBright/ImagingService", WatchState.BRIGHT),
        ("VideoSource/GlobalSceneChange/AnalyticsService", WatchState.MOVED),
        ("VideoSource/SignalLoss", WatchState.SIGNAL_LOSS),
        ("VideoSource/ImpairedVisibility", WatchState.BLURRY),
        ("RuleEngine/TamperDetector/Tamper", WatchState.COVERED),
        # Only the parent, and with the namespace left in, once or at each level.
        ("VideoSource/ImageTooDark", WatchState.DARK),
        ("tns1:VideoSource/ImageTooDark/ImagingService", WatchState.DARK),
        ("tns1:VideoSource/tns1:ImageTooDark", WatchState.DARK),
    ],
)
def test_a_fault_begins_and_ends_with_its_state(topic: str, state: WatchState) -> None:
    memory: Memory = {}
    topic = f"onvif-ej/{topic}/&VideoSource_1"
    assert read(fresh(topic, event({"State": "true"})), memory) == [begun(state)]
    assert read(fresh(topic, event({"State": "false"})), memory) == [shown(), over(state)]


@pytest.mark.parametrize("state", ["true", "True", "1", True, 1])
def test_truth_is_told_in_many_ways(state: object) -> None:
    assert read(fresh(DARK, event({"State": state})), {}) == [begun(WatchState.DARK)]


@pytest.mark.parametrize("state", ["false", "0", False, 0])
def test_so_is_untruth(state: object) -> None:
    assert read(fresh(DARK, event({"State": state})), {})[-1] == over(WatchState.DARK)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ({"Source": "VideoSource_1"}, "VideoSource_1"),
        ({"VideoSource": "1", "RuleName": "r"}, "1"),
        ({"VideoSource": 1}, "1"),
        ({"VideoSourceConfigurationToken": "main", "Rule": "r"}, "main"),
        ({"SimpleItem": [{"Name": "VideoSourceConfigurationToken", "Value": "main"}]}, "main"),
        ({"SimpleItem": {"Name": "Source", "Value": "V_SRC_000"}}, "V_SRC_000"),
        ({"SimpleItem": {"@Name": "Source", "@Value": "V_SRC_000"}}, "V_SRC_000"),
        ({}, "topic-token"),
        ({"Source": ""}, "topic-token"),
    ],
)
def test_the_source_is_named_as_the_event_says_or_else_the_topic(source: object, name: str) -> None:
    topic = "onvif-ej/VideoSource/MotionAlarm/&topic-token/more"
    assert read(fresh(topic, event({"State": "true"}, source)), {}) == [shown(name)]


def test_a_source_without_any_name_is_unnamed_and_never_the_whole_camera() -> None:
    topic = "onvif-ej/VideoSource/MotionAlarm"
    assert read(fresh(topic, event({"State": "true"}, {})), {}) == [shown("unnamed")]


def test_items_are_read_from_the_xml_form_too() -> None:
    data = {"SimpleItem": [{"Name": "State", "Value": "true"}]}
    assert read(fresh(DARK, event(data)), {}) == [begun(WatchState.DARK)]


def test_the_first_report_of_a_property_synchronises_and_attests_nothing() -> None:
    first = event({"State": "false"}, PropertyOperation="Initialized")
    assert read(fresh(DARK, first), {}) == [over(WatchState.DARK)]
    assert read(fresh(MOTION, first), {}) == []


def test_a_deleted_property_ends_its_fault() -> None:
    memory: Memory = {}
    read(fresh(DARK, event({"State": "true"})), memory)
    deleted = event({"State": "true"}, PropertyOperation="Deleted")
    assert read(fresh(DARK, deleted), memory) == [over(WatchState.DARK)]


def test_so_does_an_empty_payload_under_the_name_of_the_event() -> None:
    memory: Memory = {}
    read(fresh(DARK, event({"State": "true"}, {"VideoSource": "lens-2"})), memory)
    assert read(fresh(DARK, b""), memory) == [
        Condition("lens-2", WatchState.DARK, False, RECEIVED_US)
    ]
    assert read(fresh(DARK, b""), {}) == [
        Condition("VideoSource_1", WatchState.DARK, False, RECEIVED_US)
    ]
    assert read(fresh(MOTION, b""), {}) == []


def test_a_fault_that_two_services_see_ends_with_the_second() -> None:
    memory: Memory = {}
    other = DARK.replace("Imaging", "Analytics")
    for topic in (DARK, other):
        read(fresh(topic, event({"State": "true"})), memory)
    assert read(fresh(DARK, event({"State": "false"})), memory) == [shown()]
    assert read(fresh(other, event({"State": "false"})), memory) == [
        shown(),
        over(WatchState.DARK),
    ]


def test_two_sources_on_one_topic_do_not_end_each_others_faults() -> None:
    memory: Memory = {}
    topic = "onvif-ej/VideoSource/ImageTooDark"
    for lens in ("1", "2"):
        read(fresh(topic, event({"State": "true"}, {"Source": lens})), memory)
    ended = read(fresh(topic, event({"State": "false"}, {"Source": "1"})), memory)
    assert ended == [shown("1"), over(WatchState.DARK, "1")]
    assert [statement.name for statement in read(fresh(topic, b""), memory)] == ["2"]


@pytest.mark.parametrize(
    "topic",
    [
        MOTION,
        "onvif-ej/RuleEngine/CellMotionDetector/Motion/&1/2/r",
        "onvif-ej/RuleEngine/Recognition/Face/&1/2/r",
        "onvif-ej/VideoAnalytics/nn:ObjectTracker/SceneTooCrowded/&1",
        "onvif-ej/tns1:RuleEngine/tnsaxis:VMD3/vmd3_video_1/&1",
    ],
)
def test_whoever_sees_something_watches(topic: str) -> None:
    assert read(fresh(topic, event({"IsMotion": "false"})), {}) == [shown()]


@pytest.mark.parametrize(
    "topic",
    [
        "onvif-ej/RuleEngine/AudioDetector/Class/&1",
        "onvif-ej/AudioAnalytics/Audio/DetectedSound/&1",
        "onvif-ej/Monitoring/ProcessorUsage/&1",
        "onvif-ej/Device/Trigger/tns1:Relay/&Relay-1",
        "onvif-ej/VideoSource/Unheard/&1",
        "onvif-mj/VideoSource/MotionAlarm/&1",
        "onvif-ej",
        "heartbeat",
        "",
    ],
)
def test_a_camera_that_is_only_alive_is_not_shown_to_watch(topic: str) -> None:
    assert read(fresh(topic, event({"State": "true"})), {}) == []
    assert read(fresh(topic, b"no JSON"), {}) == []


def test_what_a_camera_recognised_is_not_even_decoded() -> None:
    """A value that cannot be held shows that nobody tried to."""
    face = event({"Likelihood": 0}).replace('"Likelihood": 0', f'"Likelihood": {"9" * 400}')
    topic = "onvif-ej/RuleEngine/Recognition/Face/&1"
    assert read(fresh(topic, face), {}) == [shown()]
    with pytest.raises(UnreadableError):
        read(fresh(DARK, face), {})


@pytest.mark.parametrize(
    ("topic", "data", "expected"),
    [
        (
            "RecordingHistory/Recording/State/&Rec_1",
            {"IsRecording": "false"},
            begun(Hint.RECORDING_OFF, "Rec_1"),
        ),
        (
            "RecordingHistory/Recording/State/&Rec_1",
            {"IsRecording": "true"},
            over(Hint.RECORDING_OFF, "Rec_1"),
        ),
        (
            "Device/HardwareFailure/StorageFailure/&Disk_1",
            {"Failed": "true"},
            begun(Hint.STORAGE_FAILURE, ""),
        ),
        (
            "Device/HardwareFailure/PowerSupplyFailure/&1",
            {"Failed": "false"},
            over(Hint.POWER_FAILURE, ""),
        ),
        (
            "Monitoring/LinkStatus/&eth0",
            {"Link": {"AutoNegotiation": "true", "Speed": "0", "Duplex": "Full"}},
            begun(Hint.LINK_LOST, ""),
        ),
        (
            "Monitoring/LinkStatus/&eth0",
            {"Link": {"AutoNegotiation": "true", "Speed": "100", "Duplex": "Full"}},
            over(Hint.LINK_LOST, ""),
        ),
        ("Monitoring/LinkStatus/&eth0", {"Link": "Down"}, begun(Hint.LINK_LOST, "")),
    ],
)
def test_what_fails_around_the_picture_is_a_hint(
    topic: str, data: dict[str, Any], expected: Condition
) -> None:
    source = {"RecordingToken": "Rec_1"} if topic.startswith("Rec") else {"Token": "t"}
    assert read(fresh(f"onvif-ej/{topic}", event(data, source)), {}) == [expected]


@pytest.mark.parametrize(
    ("track", "is_present", "expected"),
    [
        ("VIDEO001", "true", [Attestation("Rec_1", SEEN_US)]),
        ("VIDEO001", "false", []),
        ("AUDIO001", "true", []),
        ("META001", "true", []),
    ],
)
def test_only_video_on_record_attests(
    track: str, is_present: str, expected: list[Statement]
) -> None:
    topic = f"onvif-ej/RecordingHistory/Track/State/&Rec_1/{track}"
    source = {"RecordingToken": "Rec_1", "Track": track}
    assert read(fresh(topic, event({"IsDataPresent": is_present}, source)), {}) == expected


def test_what_the_broker_kept_is_a_fault_still_but_no_watch() -> None:
    assert read(retained(DARK, event({"State": "true"})), {}) == [begun(WatchState.DARK)]
    assert read(retained(DARK, event({"State": "false"})), {}) == [over(WatchState.DARK)]
    assert read(retained(MOTION, event({"State": "true"})), {}) == []
    assert read(retained(CROSSED, CROSSED_PAYLOAD), {}) == []


def test_a_camera_clock_that_is_ahead_or_missing_gives_way_to_ours() -> None:
    ahead = '{"UtcTime":"2099-01-01T00:00:00Z","Source":{},"Data":{}}'
    for payload in (ahead, '{"Source":{},"Data":{}}'):
        assert read(fresh(MOTION, payload), {}) == [Attestation("VideoSource_1", RECEIVED_US)]


def test_utc_time_without_a_zone_is_utc() -> None:
    told = '{"UtcTime":"2008-10-10T12:24:57","Source":{},"Data":{}}'
    assert read(fresh(MOTION, told), {})[0].at_us == 1_223_641_497_000_000


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        (MOTION, "[]", "UtcTime, Source and Data"),
        (MOTION, '{"UtcTime":"yesterday"}', "ISO 8601"),
        (DARK, event({}), "State: true or false"),
        (DARK, event({"State": "maybe"}), "State: true or false"),
        (DARK, event({"State": [True]}), "State: true or false"),
        (DARK, event(7), "UtcTime, Source and Data"),
        ("onvif-ej/RecordingHistory/Recording/State", event({}), "IsRecording: true or false"),
        ("onvif-ej/Device/HardwareFailure/StorageFailure", event({}), "Failed: true or false"),
        ("onvif-ej/Monitoring/LinkStatus", event({}), "Link and its Speed"),
    ],
)
def test_an_unreadable_event_says_what_was_expected(
    topic: str, payload: str, expected: str
) -> None:
    with pytest.raises(UnreadableError, match=expected):
        read(fresh(topic, payload), {})


@pytest.mark.parametrize("depth", [10, 500, 900, 990, 100_000])
def test_no_depth_of_nesting_is_too_deep(depth: int) -> None:
    deep = f'{{"Data":{{"State":{"[" * depth}{"]" * depth}}}}}'
    with pytest.raises(UnreadableError):
        read(fresh(DARK, deep), {})


KEYS = ["UtcTime", "Source", "Data", "PropertyOperation", "SimpleItem", "Name", "Value", "State"]
KEYS += ["VideoSource", "RecordingToken", "Track", "IsRecording", "Failed", "Link", "Speed"]
KEYS += ["true", "false", "Initialized", "Deleted", SEEN]
LEVELS = ["onvif-ej", *FAULTS, "VideoSource/MotionAlarm", "RuleEngine", "Monitoring/LinkStatus"]
LEVELS += ["RecordingHistory/Track/State", "RecordingHistory/Recording/State", "&a", "&", "", "/"]
LEVELS += ["Device/HardwareFailure/StorageFailure"]
TOPICS = st.lists(st.sampled_from(LEVELS) | st.text(max_size=4), max_size=4).map(
    lambda levels: "/".join(["onvif-ej", *levels])
)
EVENTS = st.builds(
    lambda data, source, operation: event(data, source, PropertyOperation=operation).encode(),
    st.dictionaries(
        st.sampled_from(["State", "IsRecording", "Link"]), st.sampled_from(["true", 0, "x"])
    ),
    st.dictionaries(st.sampled_from(["Source", "RecordingToken"]), st.sampled_from(["a", "/", 1])),
    st.sampled_from([None, "Initialized", "Changed", "Deleted"]),
)


@given(messages(TOPICS, EVENTS | json_like(KEYS)))
def test_whatever_is_heard_obeys_the_laws(heard: list[Heard]) -> None:
    memory: Memory = {}
    for message in heard:
        stated = lawful(read, message, memory)
        whole = [statement for statement in stated if statement.name == ""]
        assert all(isinstance(hint, Condition) and hint.condition in Hint for hint in whole)
