import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.adapters.base import (
    Attestation,
    Condition,
    Heard,
    Memory,
    UnreadableError,
)
from shared.contracts.adapters.frigate import read
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

TAKEN_S = RECEIVED_US // SECOND_US - 1
TAKEN_US = TAKEN_S * SECOND_US


def camera(camera_fps: float, process_fps: float = 5.0) -> dict[str, Any]:
    """As frigate/stats/util.py makes it, to the last field."""
    return {
        "camera_fps": camera_fps,
        "process_fps": process_fps,
        "skipped_fps": 0.0,
        "detection_fps": 5.2,
        "detection_enabled": True,
        "pid": 1052,
        "capture_pid": 1060,
        "ffmpeg_pid": 1077,
        "audio_rms": 0.0,
        "audio_dBFS": 0.0,
        "connection_quality": "excellent",
        "expected_fps": 5,
        "reconnects_last_hour": 0,
        "stalls_last_hour": 0,
        "ffmpeg_cpu": "3.0",
        "capture_cpu": "1.0",
        "detect_cpu": "4.0",
    }


def stats(*, uptime: Any = 101_113, **cameras: Any) -> str:
    return json.dumps(
        {
            "cameras": cameras,
            "detectors": {
                "cpu1": {"inference_speed": 91.43, "detection_start": 0.0, "pid": 42, "cpu": "0.5"}
            },
            "camera_fps": 5.0,
            "process_fps": 5.0,
            "skipped_fps": 0.0,
            "detection_fps": 13.7,
            "embeddings": {},
            "cpu_usages": {"1": {"cpu": "5.0", "cpu_average": "4.5", "mem": "2.1"}},
            "service": {
                "uptime": uptime,
                "version": "0.17.0",
                "latest_version": "0.17.0",
                "storage": {
                    "/media/frigate/recordings": {"total": 67.1, "used": 16.6, "free": 50.5}
                },
                "last_updated": TAKEN_S,
            },
            "processes": {"recording": {"pid": 911}},
        }
    )


def hint(name: str, condition: WatchState | Hint) -> Condition:
    return Condition(name, condition, True, RECEIVED_US)


def over(name: str, condition: WatchState | Hint) -> Condition:
    return Condition(name, condition, False, RECEIVED_US)


def test_statistics_attest_each_camera_that_sends_pictures() -> None:
    payload = stats(front_door=camera(5.1), bedroom_2=camera(4.92))
    assert read(fresh("stats", payload), {}) == [
        Attestation("front_door", TAKEN_US, readings={"fps": 5.1}),
        Attestation("bedroom_2", TAKEN_US, readings={"fps": 4.92}),
    ]


def test_a_camera_without_pictures_lost_its_signal() -> None:
    payload = stats(front_door=camera(0.0, 0.0), bedroom_2=camera(5.0))
    assert [statement.state for statement in attested(payload)] == [
        WatchState.SIGNAL_LOSS,
        WatchState.OK,
    ]


def attested(payload: str) -> list[Attestation]:
    stated = read(fresh("stats", payload), {})
    return [statement for statement in stated if isinstance(statement, Attestation)]


def test_pictures_that_nothing_looks_at_attest_nothing() -> None:
    assert attested(stats(front_door=camera(5.0, 0.0))) == []


def test_the_first_statistics_do_not_reach_back_before_the_start() -> None:
    [first] = attested(stats(uptime=25, front_door=camera(5.0)))
    [later] = attested(stats(uptime=85, front_door=camera(5.0)))
    assert first.since_us == TAKEN_US - 25 * SECOND_US
    assert later.since_us is None


def test_statistics_of_a_clock_ahead_or_without_a_clock_count_from_their_receipt() -> None:
    ahead = stats(front_door=camera(5.0)).replace(str(TAKEN_S), str(TAKEN_S + 3600))
    without = '{"cameras":{"front_door":{"camera_fps":5.0}}}'
    assert [attested(payload)[0].at_us for payload in (ahead, without)] == [RECEIVED_US] * 2


def test_a_name_that_would_stand_for_many_cameras_attests_nothing() -> None:
    assert attested(stats(**{"": camera(5.0), "hall/": camera(5.0)})) == []


def test_frigate_itself_speaks_for_all_its_cameras() -> None:
    assert read(fresh("available", "offline"), {}) == [hint("", Hint.OFFLINE)]
    assert read(fresh("available", "stopped"), {}) == [hint("", Hint.STOPPED)]
    assert read(fresh("available", "online"), {}) == [
        over("", Hint.OFFLINE),
        over("", Hint.STOPPED),
    ]


def test_a_stream_that_is_being_restarted_is_a_signal_lost() -> None:
    topic = "front_door/status/detect"
    assert read(fresh(topic, "offline"), {}) == [hint("front_door", WatchState.SIGNAL_LOSS)]
    assert read(fresh(topic, "online"), {}) == [over("front_door", WatchState.SIGNAL_LOSS)]


def test_a_camera_switched_off_is_not_a_signal_lost() -> None:
    assert read(fresh("front_door/status/detect", "disabled"), {}) == [
        over("front_door", WatchState.SIGNAL_LOSS),
        hint("front_door", Hint.RECORDING_OFF),
    ]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("front_door/status/record", "offline"),
        ("front_door/status/record", "disabled"),
        ("front_door/recordings/state", "OFF"),
        ("front_door/enabled/state", "OFF"),
    ],
)
def test_what_keeps_a_camera_from_being_recorded_is_a_hint(topic: str, payload: str) -> None:
    memory: Memory = {}
    assert read(fresh(topic, payload), memory) == [hint("front_door", Hint.RECORDING_OFF)]
    assert read(fresh("front_door/status/record", "online"), memory) == [
        over("front_door", Hint.RECORDING_OFF)
    ]


def test_recording_is_off_until_every_switch_is_on() -> None:
    """So Frigate announces its cameras: `recordings` follows `enabled`."""
    memory: Memory = {}
    off, on = [hint("front_door", Hint.RECORDING_OFF)], [over("front_door", Hint.RECORDING_OFF)]
    assert read(fresh("front_door/enabled/state", "OFF"), memory) == off
    assert read(fresh("front_door/recordings/state", "OFF"), memory) == off
    assert read(fresh("front_door/recordings/state", "ON"), memory) == off
    assert read(fresh("front_door/enabled/state", "ON"), memory) == on


def test_what_the_broker_kept_is_a_hint_but_neither_watch_nor_fault() -> None:
    assert read(retained("available", "offline"), {}) == [hint("", Hint.OFFLINE)]
    assert read(retained("front_door/recordings/state", "OFF"), {}) == [
        hint("front_door", Hint.RECORDING_OFF)
    ]
    assert read(retained("stats", stats(front_door=camera(5.0))), {}) == []
    assert read(retained("front_door/status/detect", "offline"), {}) == []
    assert read(retained("front_door/status/record", "offline"), {}) == []


@pytest.mark.parametrize(
    "topic",
    [
        "events",
        "reviews",
        "tracked_object_update",
        "triggers",
        "camera_activity",
        "front_door/person",
        "front_door/person/snapshot",
        "front_door/status/audio",
        "front_door/detect/state",
        "front_door/recordings/set",
        "front_door/motion",
        "front_door/review_status",
        "notifications/state",
        "profile/state",
        "/status/detect",
        "",
    ],
)
def test_what_is_none_of_our_business_is_not_read(topic: str) -> None:
    assert read(fresh(topic, b"\xff\xd8 a picture of a child"), {}) == []


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("available", "Online", "one of: online, stopped, offline"),
        ("front_door/status/detect", "", "one of: online, offline, disabled"),
        ("front_door/enabled/state", "on", "one of: ON, OFF"),
        ("stats", "{}", "Frigate's stats"),
        ("stats", '{"cameras":{"front_door":{}}}', "camera_fps"),
        ("stats", '{"cameras":{"front_door":{"camera_fps":"5"}}}', "camera_fps"),
        ("stats", '{"cameras":{},"service":{"last_updated":-1}}', "after 1970"),
    ],
)
def test_an_unreadable_message_says_what_was_expected(
    topic: str, payload: str, expected: str
) -> None:
    with pytest.raises(UnreadableError, match=expected):
        read(fresh(topic, payload), {})


def test_no_depth_of_nesting_is_too_deep() -> None:
    with pytest.raises(UnreadableError):
        read(fresh("stats", '{"cameras":' * 50_000), {})


KEYS = ["cameras", "front_door", "camera_fps", "process_fps", "service", "last_updated", "uptime"]
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
STATS = st.builds(
    lambda fps, name, updated, uptime: json.dumps(
        {
            "cameras": {name: {"camera_fps": fps}},
            "service": {"last_updated": updated, "uptime": uptime},
        }
    ).encode(),
    NUMBERS,
    st.text(max_size=3),
    NUMBERS,
    NUMBERS,
)
WORDS = st.sampled_from([b"online", b"offline", b"stopped", b"disabled", b"ON", b"OFF", b""])
LEVELS = ["available", "stats", "front_door", "status", "detect", "record", "state", "enabled", ""]
TOPICS = st.sampled_from(["stats", "available", "front_door/status/record"]) | st.lists(
    st.sampled_from(LEVELS), max_size=4
).map("/".join)


@given(messages(TOPICS, STATS | WORDS | json_like(KEYS)))
def test_whatever_is_heard_obeys_the_laws(heard: list[Heard]) -> None:
    memory: Memory = {}
    for message in heard:
        stated = lawful(read, message, memory)
        whole = [statement for statement in stated if statement.name == ""]
        assert all(isinstance(hint, Condition) and hint.condition in Hint for hint in whole)
