"""Who may be credited, and with how strong evidence."""

import base64
import json

import pytest

from shared.contracts import acknowledgement, signing, topics
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import SECOND_US
from shared.domain.states import ClockState
from shared.runtime.ed25519 import SigningKey
from tests.services.ingest.rooms import (
    FACILITY,
    GATEWAY,
    NOW,
    TOPIC,
    Room,
    a_gateway,
    a_track,
    ms,
)

KEY = SigningKey.new()
MINUTE = 60 * SECOND_US


def signed(
    *,
    key: SigningKey = KEY,
    at_us: int = NOW,
    length_s: int = 30,
    boot: str = "boot-1",
    seq: int = 1,
    nonce: str = "now",
    changed: dict[str, object] | None = None,
) -> bytes:
    """A signed heartbeat; what is `changed` is changed after it was signed."""
    since_us = at_us - length_s * SECOND_US
    claim = signing.Signed(FACILITY, "CAM-1", boot, seq, ms(since_us), ms(at_us), "ok", nonce)
    beat = {
        "at": ms(at_us),
        "since": ms(since_us),
        "boot": boot,
        "seq": seq,
        "nonce": nonce,
        "sig": base64.b64encode(key.sign(signing.canonical(claim))).decode(),
    }
    return json.dumps(beat | (changed or {})).encode()


@pytest.fixture
def room() -> Room:
    """A camera with a key, and a nonce issued ten seconds ago."""
    camera = a_track()
    camera.keys = (KEY.public_key,)
    room = Room(camera, a_gateway())
    room.judge.nonces = {"now": NOW - 10 * SECOND_US, "old": NOW - 200 * SECOND_US}
    return room


def test_a_signature_with_a_fresh_nonce_proves(room: Room) -> None:
    room.hear(TOPIC, signed())
    (haul,) = room.flushed().hauls
    assert haul.proven == [(NOW - 30 * SECOND_US, NOW)]
    assert haul.watched == [(NOW - 30 * SECOND_US, NOW)]


def test_a_proof_reaches_back_one_minute_before_its_nonce_and_no_further(room: Room) -> None:
    room.hear(TOPIC, signed(length_s=300))
    (haul,) = room.flushed().hauls
    assert haul.proven == [(NOW - 70 * SECOND_US, NOW)]


@pytest.mark.parametrize("nonce", ["old", "", "never-issued"])
def test_without_a_fresh_nonce_a_signature_attests_and_proves_nothing(
    room: Room, nonce: str
) -> None:
    room.hear(TOPIC, signed(nonce=nonce))
    (haul,) = room.flushed().hauls
    assert (haul.proven, haul.watched) == ([], [(NOW - 30 * SECOND_US, NOW)])


def test_a_key_that_is_not_the_devices_credits_nothing(room: Room) -> None:
    room.hear(TOPIC, signed(key=SigningKey.new()))
    batch = room.flushed()
    assert batch.hauls == []
    assert [(event.kind, event.count) for event in batch.security] == [("wrong_signature", 1)]


@pytest.mark.parametrize(
    "changed",
    [
        {"since": ms(NOW - 3600 * SECOND_US)},
        {"at": ms(NOW - SECOND_US)},
        {"state": "dark"},
        {"seq": 7},
        {"boot": "boot-2"},
        {"nonce": "old"},
        {"sig": "nonsense!"},
        {"since": None},
    ],
)
def test_what_was_changed_after_it_was_signed_credits_nothing(
    room: Room, changed: dict[str, object]
) -> None:
    room.hear(TOPIC, signed(changed=changed))
    batch = room.flushed()
    assert batch.hauls == []
    assert [entry.reason for entry in batch.entries] == ["wrong_signature"]


def test_an_unsigned_beat_counts_unless_the_facility_asks_for_signatures(room: Room) -> None:
    plain = b'{"at":%d,"since":%d}' % (ms(NOW), ms(NOW - 30 * SECOND_US))
    room.site.requires_signature = True
    room.hear(TOPIC, plain)
    assert room.flushed().hauls == []
    room.site.requires_signature = False
    room.hear(TOPIC, plain)
    (haul,) = room.flushed().hauls
    assert (haul.proven, haul.watched) == ([], [(NOW - 30 * SECOND_US, NOW)])


def test_a_signature_of_another_device_does_not_pass_through_a_gateway(room: Room) -> None:
    entry = json.loads(signed()) | {"device": "CAM-2"}
    other = a_track("CAM-2")
    other.keys = (SigningKey.new().public_key,)
    other.site = room.site
    room.site.devices["CAM-2"] = other
    room.hear(GATEWAY, json.dumps([entry]).encode())
    assert room.refusals() == {"wrong_signature": 1}


def test_a_replay_credits_no_second_twice_and_none_anew(room: Room) -> None:
    beat = signed()
    room.hear(TOPIC, beat)
    for haul in room.flushed().hauls:
        haul.commit()
    room.now_us = NOW + 3600 * SECOND_US
    room.hear(TOPIC, beat)
    assert all(not haul.watched and not haul.late for haul in room.flushed().hauls)


def test_two_live_boots_are_a_clone_and_prove_nothing_for_a_while(room: Room) -> None:
    room.hear(TOPIC, signed(boot="a", seq=5))
    room.now_us = NOW + 2 * MINUTE
    room.judge.nonces = {"now": room.now_us}
    room.hear(TOPIC, signed(boot="b", seq=1, at_us=room.now_us))
    room.flushed()
    room.now_us = NOW + 4 * MINUTE
    room.judge.nonces = {"now": room.now_us}
    room.hear(TOPIC, signed(boot="a", seq=6, at_us=room.now_us))
    batch = room.flushed()
    assert [event.kind for event in batch.security] == ["clone"]
    assert all(not haul.watched for haul in batch.hauls)
    room.hear(TOPIC, signed(boot="b", seq=2, at_us=room.now_us))
    (haul,) = room.flushed().hauls
    assert haul.watched
    assert haul.proven == []


def test_a_number_counted_back_credits_nothing(room: Room) -> None:
    room.hear(TOPIC, signed(seq=9))
    room.flushed()
    room.now_us = NOW + 3 * MINUTE
    room.hear(TOPIC, signed(seq=8, at_us=room.now_us))
    batch = room.flushed()
    assert [entry.reason for entry in batch.entries] == ["rollback"]
    assert batch.hauls == []


def test_only_a_gateway_speaks_for_others() -> None:
    room = Room(a_track(), a_track("CAM-2"))
    topic = topics.of(FACILITY, "CAM-1", Leaf.HEARTBEATS)
    room.hear(topic, b'[{"device":"CAM-2","at":%d}]' % ms(NOW))
    batch = room.flushed()
    assert batch.hauls == []
    assert [event.kind for event in batch.security] == ["not_a_gateway"]


def test_a_device_that_says_it_is_another_credits_nobody() -> None:
    room = Room(a_track(), a_track("CAM-2"))
    room.hear(TOPIC, b'{"device":"CAM-2","at":%d}' % ms(NOW))
    batch = room.flushed()
    assert batch.hauls == []
    assert [event.kind for event in batch.security] == ["spoofed"]
    room.hear(TOPIC, b'{"device":"CAM-1","at":%d}' % ms(NOW))
    assert len(room.flushed().hauls) == 1


# -- the clock -----------------------------------------------------------------------------


def test_a_clock_ahead_is_corrected_and_shown() -> None:
    camera = a_track()
    room = Room(camera)
    ahead = 45 * SECOND_US
    room.hear(TOPIC, b'{"at":%d,"since":%d}' % (ms(NOW + ahead), ms(NOW + ahead - 30 * SECOND_US)))
    (haul,) = room.flushed().hauls
    assert haul.watched == [(NOW - 30 * SECOND_US, NOW)]
    assert haul.clock is not None
    assert (haul.clock["state"], haul.clock["offset_ms"]) == (ClockState.AHEAD, 45_000)


def test_a_clock_far_ahead_is_refused_and_shown() -> None:
    room = Room(a_track())
    room.hear(TOPIC, b'{"at":%d}' % ms(NOW + 3600 * SECOND_US))
    batch = room.flushed()
    assert [entry.reason for entry in batch.entries] == ["future"]
    (haul,) = batch.hauls
    assert haul.watched == []
    assert haul.clock is not None
    assert haul.clock["offset_ms"] == 3_600_000


def test_a_clock_far_behind_is_refused_once_that_is_beyond_doubt() -> None:
    room = Room(a_track())
    behind = NOW - 1800 * SECOND_US
    beat = b'{"at":%d,"sent":%d,"boot":"b","seq":1}' % (ms(behind), ms(behind))
    room.hear(TOPIC, beat)
    assert room.flushed().entries == [], "it may have waited for us at the broker"
    room.post.hear_canary(str(NOW - SECOND_US).encode(), NOW)
    room.hear(TOPIC, beat)
    batch = room.flushed()
    assert [entry.reason for entry in batch.entries] == ["clock_behind"]
    assert list(batch.acks.messages()) == [], "the sender keeps it until its clock is right"


# -- acknowledgements ----------------------------------------------------------------------


def test_what_carries_boot_and_number_is_acknowledged_to_its_sender() -> None:
    room = Room(a_track(), a_gateway())
    entries = [
        {"device": "CAM-1", "at": ms(NOW), "boot": "g", "seq": 1},
        {"device": "CAM-1", "at": 1000, "boot": "g", "seq": 2},
        {"device": "GHOST", "at": ms(NOW), "boot": "g", "seq": 3},
        {"device": "GW", "at": ms(NOW), "boot": "g", "seq": 5},
        {"device": "GW", "at": ms(NOW)},
    ]
    room.hear(GATEWAY, json.dumps(entries).encode())
    room.look_again()
    ((topic, payload),) = room.flushed().acks.messages()
    (ack,) = acknowledgement.decode(payload)
    assert topic == topics.of(FACILITY, "GW", Leaf.ACK)
    assert (ack.boot, ack.seq) == ("g", ((1, 3), (5, 5)))
    refused = {(one.seq, one.reason) for one in ack.refused}
    assert refused == {(2, "too_old"), (3, "unknown_device")}


def test_a_long_acknowledgement_is_told_in_pieces() -> None:
    room = Room(a_gateway())
    for seq in range(0, 40_000, 2):
        room.beats.acks.add((FACILITY, "GW"), "boot", seq, None)
    messages = list(room.beats.acks.messages())
    assert len(messages) > 1
    assert all(len(payload) <= acknowledgement.MAX_ACKNOWLEDGEMENT for _, payload in messages)
    told = [
        one for _, payload in messages for ack in acknowledgement.decode(payload) for one in ack.seq
    ]
    assert told == [(seq, seq) for seq in range(0, 40_000, 2)]


# -- limits --------------------------------------------------------------------------------


def test_a_flood_is_throttled_after_a_week_of_backlog_and_not_acknowledged() -> None:
    room = Room(a_track())
    beat = b'{"at":%d,"boot":"b","seq":1}' % ms(NOW)
    for _ in range(25_000):
        room.hear(TOPIC, beat)
    assert room.flushed().entries == []
    room.hear(TOPIC, beat)
    batch = room.flushed()
    assert [entry.reason for entry in batch.entries] == ["throttled"]
    assert list(batch.acks.messages()) == []
    room.now_us += SECOND_US
    room.hear(TOPIC, b'{"at":%d}' % ms(room.now_us))
    assert room.flushed().entries == []


def test_one_device_that_floods_leaves_another_its_own_measure() -> None:
    room = Room(a_track(), a_track("CAM-2"))
    for _ in range(30_000):
        room.hear(TOPIC, b"{")
    room.flushed()
    room.hear(topics.of(FACILITY, "CAM-2", Leaf.HEARTBEAT), b'{"at":%d}' % ms(NOW))
    (haul,) = room.flushed().hauls
    assert haul.watched == [(NOW - 36 * SECOND_US, NOW)]


def test_a_gateway_that_floods_with_entries_costs_no_more_than_its_measure() -> None:
    room = Room(a_track(), a_gateway())
    entry = b'{"device":"CAM-1","at":%d,"boot":"b","seq":1}' % ms(NOW)
    many = b"[" + b",".join([entry] * 1000) + b"]"
    for _ in range(25):
        room.hear(GATEWAY, many)
    assert room.flushed().entries == []
    room.hear(GATEWAY, many)
    batch = room.flushed()
    assert [(refused.reason, refused.count) for refused in batch.entries] == [("throttled", 1)]
    assert list(batch.acks.messages()) == []
    room.now_us += SECOND_US
    room.hear(GATEWAY, many)
    assert room.flushed().entries == []


def test_a_device_that_shatters_its_day_is_stopped_and_may_go_on_the_next_day() -> None:
    """Spans of a millisecond with holes between them, out of order: each a range of its own."""
    room = Room(a_track(), a_gateway())
    first = NOW - 1000 * SECOND_US
    for packet in range(50):
        spans = [first + (packet * 500 + number) * 2_000 for number in range(500)]
        entries = [{"device": "CAM-1", "at": ms(start) + 1, "since": ms(start)} for start in spans]
        room.hear(GATEWAY, json.dumps(entries).encode())
    (haul,) = room.flushed().hauls
    assert len(haul.watched) + len(haul.late) == 20_001
    later = NOW + 86_400 * SECOND_US
    room.now_us = later
    room.hear(TOPIC, b'{"at":%d}' % ms(later))
    assert [len(haul.watched) for haul in room.flushed().hauls] == [1]


def test_a_queue_of_our_own_makes_no_right_clock_look_slow() -> None:
    camera = a_track()
    room = Room(camera)
    for second in range(200):
        sent_us = NOW + second * SECOND_US
        # From the hundredth second on messages, and canaries, wait up to 20 s in the broker.
        waited_us = min(max(second - 100, 0), 20) * SECOND_US
        room.now_us = sent_us + waited_us
        room.post.arrived_after_us = sent_us - SECOND_US
        room.hear(TOPIC, b'{"at":%d,"since":%d,"sent":%d}' % (ms(sent_us), ms(NOW), ms(sent_us)))
    (haul,) = room.flushed().hauls
    assert haul.watched == [(NOW, NOW + 199 * SECOND_US)]


def test_a_slow_clock_is_put_right() -> None:
    camera = a_track()
    room = Room(camera)
    for second in range(0, 100, 10):
        room.now_us = NOW + second * SECOND_US
        room.post.arrived_after_us = room.now_us - SECOND_US
        said = ms(room.now_us - 30 * SECOND_US)
        room.hear(TOPIC, b'{"at":%d,"since":%d,"sent":%d}' % (said, said - 1_000, said))
    (haul,) = room.flushed().hauls
    assert haul.watched[-1] == (NOW + 89 * SECOND_US, NOW + 90 * SECOND_US)


def test_strangers_cannot_fill_the_memory_while_the_database_is_away() -> None:
    room = Room(a_gateway())
    entries = b",".join(b'{"device":"GHOST-%d","at":1}' % number for number in range(1000))
    for _ in range(20):
        room.hear(GATEWAY, b"[" + entries + b"]")
    assert len(room.beats.strangers) == 5_000
    assert room.refusals() == {"throttled": 15_000}


def test_entries_that_are_too_many_are_counted_apart_from_messages_that_are() -> None:
    room = Room(a_gateway())
    entries = b",".join(b'{"device":"GHOST-%d","at":1}' % number for number in range(1000))
    for _ in range(6):
        room.hear(GATEWAY, b"[" + entries + b"]")
    (entry,) = room.flushed().entries
    assert (entry.topic, entry.reason, entry.count) == (GATEWAY + "#entries", "throttled", 1000)
    assert entry.sender == (FACILITY, "GW")


def test_a_flood_of_signatures_is_not_verified_for_ever(room: Room) -> None:
    beat = signed(changed={"sig": "AA=="})
    for _ in range(9_000):
        room.hear(TOPIC, beat)
    refusals = room.refusals()
    assert set(refusals) == {"wrong_signature", "throttled"}
    assert 8_000 < refusals["wrong_signature"] < 8_400
