import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.beats import MOST_BAD
from services.ingest.quarantine import sample
from services.ingest.quarantine.entries import Entry
from services.ingest.track import NEVER
from shared.contracts import acknowledgement, topics
from shared.contracts.adapters.rules import Dialect, Rule, RuleBook
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import SECOND_US
from shared.domain.states import Refusal, WatchState
from tests.services.ingest.rooms import (
    FACILITY,
    GATEWAY,
    NOW,
    TOPIC,
    Room,
    a_camera,
    a_gateway,
    a_track,
    ms,
)

FRAME = topics.of(FACILITY, "CAM-1", Leaf.FRAME)


def reasons(entries: list[Entry]) -> dict[str, int]:
    return {entry.reason.value: entry.count for entry in entries}


def refused(topic: str, payload: bytes, *, is_retained: bool = False) -> dict[str, int]:
    inbox = Room(a_track(), a_gateway())
    inbox.hear(topic, payload, is_retained=is_retained)
    assert inbox.post.packet_ids == [1], "whatever comes is acknowledged, so that it cannot block"
    return inbox.refusals()


def test_a_heartbeat_without_since_attests_its_interval() -> None:
    track = a_track()
    Room(track, a_gateway()).hear(TOPIC, b'{"at":%d}' % ms(NOW))
    assert track.watched.pending == [(NOW - 36 * SECOND_US, NOW)]


def test_a_fault_is_impaired_time_and_not_watched_time() -> None:
    track = a_track()
    beat = b'{"at":%d,"since":%d,"state":"covered"}' % (ms(NOW), ms(NOW - 60 * SECOND_US))
    Room(track, a_gateway()).hear(TOPIC, beat)
    assert track.watched.pending == []
    assert track.faults is not None
    assert track.faults[WatchState.COVERED].pending == [(NOW - 60 * SECOND_US, NOW)]


def test_what_is_older_than_five_minutes_on_arrival_is_late() -> None:
    track = a_track()
    beat = b'{"at":%d,"since":%d}' % (ms(NOW), ms(NOW - 600 * SECOND_US))
    Room(track, a_gateway()).hear(TOPIC, beat)
    assert track.late == [(NOW - 600 * SECOND_US, NOW - 300 * SECOND_US)]
    assert track.watched.pending == [(NOW - 300 * SECOND_US, NOW)]


def test_a_gateways_message_credits_its_good_part_and_quarantines_the_rest() -> None:
    track = a_track()
    inbox = Room(track, a_gateway())
    entries = [{"device": "CAM-1", "at": ms(NOW)}, {"device": "CAM-1", "at": "soon"}, 7]
    inbox.hear(GATEWAY, json.dumps(entries).encode())
    assert track.watched.pending == [(NOW - 36 * SECOND_US, NOW)]
    assert reasons(inbox.quarantine.take()) == {"unreadable": 2}


def test_of_a_message_of_nonsense_only_so_much_is_set_aside_but_all_that_is_good_counts() -> None:
    track = a_track()
    inbox = Room(track, a_gateway())
    inbox.hear(GATEWAY, b"[" + b"1," * 20_000 + b'{"device":"CAM-1","at":%d}]' % ms(NOW))
    assert track.watched.pending == [(NOW - 36 * SECOND_US, NOW)]
    assert inbox.refusals() == {"unreadable": MOST_BAD}


def test_a_device_behind_a_gateway_that_is_not_on_record_is_looked_up_then_refused() -> None:
    inbox = Room(a_gateway())
    inbox.hear(GATEWAY, b'[{"device":"GHOST","at":%d}]' % ms(NOW))
    assert len(inbox.beats.strangers) == 1
    inbox.look_again()
    (entry,) = inbox.quarantine.take()
    assert (entry.reason, entry.topic) == (
        Refusal.UNKNOWN_DEVICE,
        GATEWAY,
    )


def test_each_unusable_message_is_refused_with_its_reason() -> None:
    hour_ahead = b'{"at":%d}' % ms(NOW + 3600 * SECOND_US)
    assert refused(TOPIC, b"\xff\x00 garbage") == {"unreadable": 1}
    assert refused(TOPIC, b'{"at":NaN}') == {"unreadable": 1}
    assert refused(TOPIC, b"[" * 4000) == {"unreadable": 1}
    assert refused(TOPIC, b'{"at":1e300}') == {"unreadable": 1}
    assert refused(TOPIC, b'{"at":1,"x":' + b"[" * 4000) == {"unreadable": 1}
    assert refused(GATEWAY, b"[" * 60_000) == {"unreadable": 1}
    assert refused(GATEWAY, b'[{"x":' + b"[" * 60_000) == {"unreadable": 1}
    assert refused(TOPIC, b" " * 4097) == {"oversized": 1}
    assert refused(TOPIC, hour_ahead) == {"future": 1}
    assert refused(TOPIC, b'{"at":1000}') == {"too_old": 1}
    assert refused(TOPIC, b'{"at":%d}' % ms(NOW), is_retained=True) == {"retained": 1}
    assert refused("giamsat/v1/HOA-SEN/CAM-1", b"{}") == {"wrong_topic": 1}
    assert refused("giamsat/v1/HOA-SEN/CAM-1/heartbeet", b"{}") == {"wrong_topic": 1}
    assert refused(GATEWAY, b"[" + b" " * 65_536) == {"oversized": 1}


@pytest.mark.parametrize("number", [b"9" * 4000, b"1e308", b"-" + b"9" * 400, b"253402300800000"])
@pytest.mark.parametrize("field", [b"at", b"since", b"sent"])
def test_a_number_that_is_no_instant_does_not_stop_the_flush(field: bytes, number: bytes) -> None:
    inbox = Room(a_track())
    inbox.hear(TOPIC, b'{"at":1,"%b":%b}' % (field, number))
    inbox.flushed()
    inbox.hear(TOPIC, b'{"at":%d}' % ms(NOW))
    (haul,) = inbox.flushed().hauls
    assert haul.watched == [(NOW - 36 * SECOND_US, NOW)]


def test_a_retired_device_is_credited_up_to_its_retirement_only() -> None:
    retired_us = NOW - 30 * SECOND_US
    track = a_track(retired_us=retired_us)
    inbox = Room(track, a_gateway())
    beat = b'{"at":%d,"since":%d}' % (ms(NOW), ms(NOW - 60 * SECOND_US))
    inbox.hear(TOPIC, beat)
    assert track.watched.pending == [(NOW - 60 * SECOND_US, retired_us)]
    inbox.hear(TOPIC, b'{"at":%d,"since":%d}' % (ms(NOW), ms(retired_us)))
    assert reasons(inbox.quarantine.take()) == {"retired_device": 1}


def test_a_camera_nobody_has_allowed_is_credited_with_nothing_and_nothing_of_it_is_kept() -> None:
    camera = a_camera(approved_us=NEVER)
    inbox = Room(camera, a_gateway())
    inbox.hear(TOPIC, b'{"at":%d,"since":1,"state":"dark"}' % ms(NOW))
    inbox.hear(GATEWAY, b'[{"device":"CAM-1","at":%d,"boot":"b","seq":7}]' % ms(NOW))
    inbox.hear(FRAME, b"\xff\xd8 a child")
    batch = inbox.flushed()
    assert batch.hauls == []
    assert {entry.reason for entry in batch.entries} == {Refusal.UNAPPROVED_CAMERA}
    assert not any(entry.kept for entry in batch.entries)
    assert {entry.sample for entry in batch.entries} == {"", "(a picture)"}
    assert camera.latest is None


def test_the_gateway_is_told_that_sending_it_again_will_not_help() -> None:
    inbox = Room(a_camera(approved_us=NEVER), a_gateway())
    inbox.hear(GATEWAY, b'[{"device":"CAM-1","at":%d,"boot":"b","seq":7}]' % ms(NOW))
    ((_, payload),) = inbox.flushed().acks.messages()
    (entry,) = acknowledgement.decode(payload)
    assert entry.seq == ((7, 7),)
    assert entry.refused == (acknowledgement.Refused(7, "unapproved_camera"),)


@given(st.integers(0, 120), st.integers(0, 120), st.integers(0, 120), st.integers(0, 120))
def test_a_camera_is_credited_with_the_time_it_was_allowed_and_no_other(
    since_s: int, length_s: int, first_s: int, allowed_s: int
) -> None:
    def at(seconds: int) -> int:
        return NOW - (240 - seconds) * SECOND_US

    since, end = at(since_s), at(since_s + length_s)
    first, last = at(first_s), at(first_s + allowed_s)
    camera = a_camera(approved_us=(first, last))
    inbox = Room(camera)
    inbox.hear(TOPIC, b'{"at":%d,"since":%d}' % (ms(end), ms(since)))
    expected = [(max(since, first), min(end, last))]
    assert camera.watched.pending == [span for span in expected if span[0] < span[1]]


def test_pictures_of_what_is_no_camera_on_record_are_not_looked_at() -> None:
    inbox = Room(a_track())
    inbox.hear(FRAME, b"\xff\xd8 a child")
    assert inbox.refusals() == {"wrong_topic": 1}


@given(
    st.binary(max_size=200), st.sampled_from([TOPIC, GATEWAY, "giamsat/v1/x", "giamsat/v1/a/b/c"])
)
def test_nothing_a_device_can_send_raises(payload: bytes, topic: str) -> None:
    inbox = Room(a_track(), a_gateway())
    inbox.hear(topic, payload)
    inbox.look_again()
    for entry in inbox.quarantine.take():
        assert entry.sample.isprintable()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_no_json_raises_either(value: object) -> None:
    inbox = Room(a_track(), a_gateway())
    payload = json.dumps({"at": value, "since": value, "state": value, "device": value}).encode()
    inbox.hear(TOPIC, payload)
    inbox.hear(GATEWAY, b"[" + payload + b"]")
    assert inbox.messages == 2


def test_a_flood_of_topics_cannot_fill_the_memory() -> None:
    inbox = Room(a_gateway())
    for number in range(3000):
        inbox.hear(f"giamsat/v1/F/{number}", b"x")
    inbox.look_again()
    entries = inbox.quarantine.take()
    assert len(entries) <= 1001
    assert sum(entry.count for entry in entries) == 3000


def test_one_device_cannot_fill_the_quarantine_with_topics_it_invents() -> None:
    inbox = Room(a_track())
    kept: set[str] = set()
    for number in range(3000):
        inbox.hear(f"giamsat/v1/HOA-SEN/CAM-1/{number}", b"x")
        if number % 100 == 0:
            kept |= {entry.topic for entry in inbox.quarantine.take()}
    kept |= {entry.topic for entry in inbox.quarantine.take()}
    assert len(kept) == 21
    assert "giamsat/v1/HOA-SEN/CAM-1/(others)" in kept


@given(st.binary(max_size=300))
def test_a_sample_is_short_and_printable(payload: bytes) -> None:
    shown = sample.of(payload)
    assert shown.isprintable()
    assert len(shown) <= 96 * 6


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ('{"at": 1, "state": "ok", "boot": "b-17"}', '{"at": 1, "state": "ok", "boot": "b-17"}'),
        ('{"name": "Nguyễn Văn A", "at": "2026-11-22T08:00:00Z"}',
         '{"name": "…", "at": "2026-11-22T08:00:00Z"}'),
        ('["Lan", {"who": "be Lan 5 tuoi"', '["…", {"who": "…"'),
        ('{"who": "Lan', '{"who": "…'),
        ("Online", "Online"),
        ("Lan đã về", "… đã về"),
        ("\\xff", "\\xff"),
    ],
)  # fmt: skip
def test_a_sample_shows_the_shape_and_no_name(payload: str, shown: str) -> None:
    assert sample.of(payload.encode()) == shown


def test_what_foreign_programs_say_belongs_to_their_facility() -> None:
    gateway = a_gateway()
    gateway.rules = RuleBook([Rule(Dialect.TASMOTA, "t", "known", "CAM-1")])
    inbox = Room(a_track(), gateway)
    inbox.hear("giamsat/v1/HOA-SEN/GW/t/tele/other/STATE", b'{"Time":"2026-11-22T08:00:00"}')
    (entry,) = inbox.flushed().entries
    assert entry.reason == "unmapped"
    assert entry.sender == ("HOA-SEN", "GW")


def test_a_topic_that_had_to_be_cut_is_not_kept_for_a_replay() -> None:
    gateway = a_gateway()
    gateway.rules = RuleBook([Rule(Dialect.TASMOTA, "t", "known", "CAM-1")])
    inbox = Room(a_track(), gateway)
    inbox.hear(f"giamsat/v1/HOA-SEN/GW/t/tele/{'x' * 300}/STATE", b'{"Time":"2026-11-22T08:00:00"}')
    (entry,) = inbox.flushed().entries
    assert entry.kept == []


def test_the_last_word_of_a_device_is_shown_though_it_came_too_soon_after_another() -> None:
    track = a_track()
    inbox = Room(track)
    for later_us in (0, SECOND_US):
        inbox.now_us = NOW + later_us
        inbox.hear(TOPIC, b'{"at":%d,"battery":%d}' % (ms(inbox.now_us), later_us))
    inbox.empty([], None)
    inbox.now_us = NOW + 6 * SECOND_US
    (haul,) = inbox.empty([], None).hauls
    assert haul.latest is not None
    assert haul.latest.at_us == NOW + SECOND_US


def test_a_plain_device_whose_clock_is_a_minute_ahead_is_covered_up_to_now() -> None:
    track = a_track()
    payload = b'{"at":%d}' % ms(NOW + 60 * SECOND_US)
    Room(track, a_gateway()).hear(TOPIC, payload)
    assert track.watched.pending == [(NOW - 36 * SECOND_US, NOW)]


def test_a_will_is_a_hint_though_it_was_published_to_be_kept() -> None:
    track = a_track()
    inbox = Room(track)
    status = "giamsat/v1/HOA-SEN/CAM-1/status"
    inbox.hear(status, b'{"state":"offline"}', is_retained=True)
    (haul,) = inbox.flushed().hauls
    assert [(row["condition"], row["holds"]) for row in haul.conditions] == [("offline", True)]
    assert haul.watched == []
    inbox.now_us += SECOND_US
    inbox.hear(status, b'{"state":"online"}', is_retained=True)
    (haul,) = inbox.flushed().hauls
    assert [(row["condition"], row["holds"]) for row in haul.conditions] == [("offline", False)]


def test_a_foreign_will_is_a_hint_and_a_kept_watch_is_refused() -> None:
    gateway = a_gateway()
    gateway.rules = RuleBook([Rule(Dialect.TASMOTA, "t", "*", "CAM-1")])
    inbox = Room(a_track(), gateway)
    place = "giamsat/v1/HOA-SEN/GW/t/tele/plug"
    inbox.hear(f"{place}/LWT", b"Offline", is_retained=True)
    (haul,) = inbox.flushed().hauls
    assert [row["condition"] for row in haul.conditions] == ["offline"]
    inbox.hear(f"{place}/STATE", b'{"Time":"2026-11-22T08:00:00"}', is_retained=True)
    assert inbox.refusals() == {"retained": 1}
