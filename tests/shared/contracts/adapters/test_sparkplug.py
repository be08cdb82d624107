from itertools import pairwise

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
from shared.contracts.adapters.sparkplug import read
from shared.domain.states import Hint
from tests.shared.contracts.adapters.laws import RECEIVED_US, SECOND_US, fresh, lawful, messages

# Heard from sparkplug-client 3.2.4 (npm) through Mosquitto: node `hub`, device `door`.
NODE_BORN = (
    "0898c89392a034121e0a0e537570706c7920566f6c746167651898c89392a0342009659a994141"
    "120b0a056264536571200858001800"
)
DOOR_BORN = (
    "0898c89392a03412170a08496e707574732f4110071898c89392a034200b7000121d0a0a526164696f2f52535349"
    "10081898c89392a034200350c3ffffff0f12160a074261747465727910091898c89392a034200550581801"
)
NODE_TOLD = "0880d09392a034121e0a0e537570706c7920566f6c746167651880d09392a034200965cdcc44411802"
#: Its RSSI half a second before it was sent, and what was stored a minute ago.
DOOR_TOLD = (
    "08e8d79392a034121b0a0a526164696f2f5253534918f4d39392a034200350c1ffffff0f"
    "12170a08496e707574732f4118b8f38f92a034200b280170011803"
)
DOOR_DIED = "08d0df9392a0341804"
#: Left with the broker on connecting, bdSeq 0; sent when the client stopped.
NODE_DIED = "08a1f5ad97a034120b0a05626453657120085800"

# Encoded by pysparkplug 0.6.1 (PyPI): names by alias only, Int8 in its own eight bits, two stored.
OTHER_BORN = (
    "0898c89392a034121a0a0a526164696f2f5253534910081898c89392a034200150c301"
    "12160a074261747465727910091898c89392a034200550581801"
)
OTHER_TOLD = "08e8d79392a034120c100818f4d39392a03450c1011803"
OTHER_STORED = "08e8d79392a034120e100818b8f38f92a034280150a601120e100818e8dd9192a034280150a5011804"
#: Heard from pysparkplug 0.6.1 through Mosquitto; its bdSeq is an instant, not a small number.
OTHER_NODE_BORN = (
    "08f5fdad97a034121e0a0e537570706c7920566f6c746167651898c89392a0342009659a99414112120a0562645365"
    "7118f3fdad97a034200458001800"
)

#: When those messages were made: 2026-11-22 07:59:59 UTC.
MADE_US = 1_795_334_399_000_000
HEARD_US = MADE_US + 60 * SECOND_US


def heard(kind: str, name: str, payload: str, at_us: int = HEARD_US) -> Heard:
    return fresh(f"spBv1.0/Centre/{kind}/{name}", bytes.fromhex(payload), at_us)


def told(kind: str, name: str, payload: str, memory: Memory | None = None) -> list[Statement]:
    return read(heard(kind, name, payload), {} if memory is None else memory)


def is_back(name: str, at_us: int) -> list[Condition]:
    return [
        Condition(name, Hint.OFFLINE, False, at_us),
        Condition(name, Hint.BRIDGE_OFFLINE, False, at_us),
    ]


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def message(seq: int, made_us: int = MADE_US) -> str:
    """A payload of a timestamp and a seq, written by hand."""
    return (b"\x08" + varint(made_us // 1000) + b"\x18" + varint(seq)).hex()


def death(session: int) -> str:
    metric = b"\x0a\x05bdSeq\x20\x08\x58" + varint(session)
    return (b"\x12" + varint(len(metric)) + metric).hex()


def birth(session: int) -> str:
    return death(session) + message(0)


def test_a_node_attests_when_it_sends() -> None:
    alive = [
        Condition("hub", Hint.OFFLINE, False, MADE_US),
        Condition("hub/", Hint.BRIDGE_OFFLINE, False, MADE_US),
    ]
    memory: Memory = {}
    assert told("NBIRTH", "hub", NODE_BORN, memory) == [Attestation("hub", MADE_US), *alive]
    told("DBIRTH", "hub/door", DOOR_BORN, memory)
    assert told("NDATA", "hub", NODE_TOLD, memory) == [
        Attestation("hub", MADE_US + SECOND_US),
        Condition("hub", Hint.OFFLINE, False, MADE_US + SECOND_US),
    ]


def test_a_device_attests_when_it_was_read_and_when_what_was_stored_was() -> None:
    read_us = MADE_US + SECOND_US * 3 // 2
    assert told("DBIRTH", "hub/door", DOOR_BORN) == [
        Attestation("hub/door", MADE_US, readings={"rssi": -61, "battery": 88}),
        *is_back("hub/door", MADE_US),
    ]
    assert told("DDATA", "hub/door", DOOR_TOLD) == [
        Attestation("hub/door", MADE_US - 60 * SECOND_US),
        Attestation("hub/door", read_us, readings={"rssi": -63}),
        *is_back("hub/door", read_us),
    ]


def test_an_alias_is_what_the_birth_said_it_is() -> None:
    memory: Memory = {}
    told("DBIRTH", "hub/door", OTHER_BORN, memory)
    known, *_ = told("DDATA", "hub/door", OTHER_TOLD, memory)
    unknown, *_ = told("DDATA", "hub/door", OTHER_TOLD)
    assert known == Attestation("hub/door", MADE_US + 1_500_000, readings={"rssi": -63})
    assert unknown == Attestation("hub/door", MADE_US + 1_500_000)


def test_what_was_stored_attests_its_own_time_and_says_nothing_of_now() -> None:
    memory: Memory = {}
    told("DBIRTH", "hub/door", OTHER_BORN, memory)
    assert told("DDATA", "hub/door", OTHER_STORED, memory)[:2] == [
        Attestation("hub/door", MADE_US - 60 * SECOND_US),
        Attestation("hub/door", MADE_US - 30 * SECOND_US),
    ]
    assert told("DDATA", "hub/door", OTHER_STORED) == [
        Attestation("hub/door", MADE_US - 60 * SECOND_US),
        Attestation("hub/door", MADE_US - 30 * SECOND_US),
    ]


def test_a_device_without_a_metric_was_not_read() -> None:
    assert told("DDATA", "hub/door", message(5)) == []


def test_deaths_are_hints() -> None:
    assert told("DDEATH", "hub/door", DOOR_DIED) == [
        Condition("hub/door", Hint.OFFLINE, True, MADE_US + 3 * SECOND_US)
    ]
    assert told("NDEATH", "hub", NODE_DIED) == [
        Condition("hub", Hint.OFFLINE, True, HEARD_US),
        Condition("hub/", Hint.BRIDGE_OFFLINE, True, HEARD_US),
    ]


def test_the_death_of_an_earlier_session_comes_too_late() -> None:
    memory: Memory = {}
    told("NBIRTH", "hub", birth(session=4), memory)
    assert told("NDEATH", "hub", death(session=3), memory) == []
    assert told("NDEATH", "hub", death(session=4), memory) != []
    assert told("NDEATH", "other", death(session=3), memory) != []


def test_a_node_that_comes_back_ends_what_its_death_began() -> None:
    memory: Memory = {}
    told("NBIRTH", "hub", birth(session=4), memory)
    told("NDEATH", "hub", death(session=4), memory)
    back = told("NDATA", "hub", message(9), memory)
    assert Condition("hub/", Hint.BRIDGE_OFFLINE, False, MADE_US) in back
    assert Hint.MESSAGES_MISSED not in {s.condition for s in back if isinstance(s, Condition)}


def test_messages_heard_without_a_hole_are_as_documented() -> None:
    memory: Memory = {}
    flow = [("NBIRTH", "hub", NODE_BORN), ("DBIRTH", "hub/door", DOOR_BORN),
            ("NDATA", "hub", NODE_TOLD), ("DDATA", "hub/door", DOOR_TOLD),
            ("DDEATH", "hub/door", DOOR_DIED), ("NDEATH", "hub", NODE_DIED)]  # fmt: skip
    stated = [statement for step in flow for statement in told(*step, memory)]
    assert Hint.MESSAGES_MISSED not in {s.condition for s in stated if isinstance(s, Condition)}
    assert Condition("hub", Hint.OFFLINE, True, HEARD_US) in stated


def missed(stated: list[Statement]) -> list[bool]:
    return [
        statement.holds
        for statement in stated
        if isinstance(statement, Condition) and statement.condition is Hint.MESSAGES_MISSED
    ]


@given(st.lists(st.integers(0, 255), min_size=1, max_size=30))
def test_a_hole_is_told_when_it_begins_and_when_messages_follow_again(seqs: list[int]) -> None:
    memory: Memory = {}
    told_now = [missed(told("NDATA", "hub", message(seq), memory)) for seq in seqs]
    distinct = [seqs[0], *(after for before, after in pairwise(seqs) if after != before)]
    holes = [False, *((after - before) % 256 != 1 for before, after in pairwise(distinct))]
    changes = [after for before, after in pairwise([False, *holes]) if after != before]
    assert [each for heap in told_now for each in heap] == changes


def test_a_birth_begins_anew() -> None:
    memory: Memory = {}
    told("NDATA", "hub", message(9), memory)
    told("NDATA", "hub", message(11), memory)
    assert missed(told("NBIRTH", "hub", NODE_BORN, memory)) == [False]


def test_without_memory_no_hole_is_told() -> None:
    assert missed(told("NDATA", "hub", message(9)) + told("NDATA", "hub", message(200))) == []


def test_the_prefix_may_reach_to_the_group() -> None:
    short = fresh("NDATA/hub", bytes.fromhex(message(1)), HEARD_US)
    assert read(short, {}) == told("NDATA", "hub", message(1))


@pytest.mark.parametrize(
    "topic",
    [
        "spBv1.0/STATE/scada", "STATE/scada", "spBv1.0/Centre/NCMD/hub",
        "spBv1.0/Centre/DCMD/hub/door", "spBv1.0/Centre/NDATA/hub/door", "spBv1.0/Centre/DDATA/hub",
        "spBv1.0/Centre/NDATA/", "spAv1.0/Centre/NDATA/hub", "spBv1.0", "",
    ],
)  # fmt: skip
def test_other_topics_are_none_of_our_business(topic: str) -> None:
    assert read(fresh(topic, b"{}"), {}) == []


def test_retained_messages_say_nothing() -> None:
    topic, payload = "spBv1.0/Centre/NBIRTH/hub", bytes.fromhex(NODE_BORN)
    assert read(Heard(topic, payload, HEARD_US, is_retained=True), {}) == []


@pytest.mark.parametrize("made_us", [0, 12_000_000, HEARD_US + 3600 * SECOND_US])
def test_a_clock_that_is_wrong_is_not_believed(made_us: int) -> None:
    assert told("NDATA", "hub", message(1, made_us))[0] == Attestation("hub", HEARD_US)


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("NDATA", b'{"timestamp": 1}'.hex(), "a protocol buffer"),
        ("NDATA", NODE_TOLD[:-6], "a protocol buffer"),
        ("NDATA", "", "seq from 0 to 255"),
        ("NBIRTH", "08a1f5ad97a034", "seq from 0 to 255"),
        ("NDATA", message(256), "seq from 0 to 255"),
        ("NDEATH", message(1), "bdSeq"),
    ],
)
def test_what_is_malformed_is_told_with_what_was_expected(
    kind: str, payload: str, expected: str
) -> None:
    with pytest.raises(UnreadableError, match=expected):
        told(kind, "hub", payload)


GOLDEN = [NODE_BORN, DOOR_BORN, NODE_TOLD, DOOR_TOLD, DOOR_DIED, NODE_DIED, OTHER_NODE_BORN,
          OTHER_BORN, OTHER_TOLD, OTHER_STORED]  # fmt: skip
KINDS = st.sampled_from(
    ["NBIRTH/e", "NDATA/e", "NDEATH/e", "DBIRTH/e/d", "DDATA/e/d", "DDEATH/e/d"]
)
TOPICS = KINDS.map(lambda kind: f"spBv1.0/g/{kind}") | st.text(max_size=12)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real message with a few bytes overwritten, cut or repeated."""
    payload = bytearray.fromhex(draw(st.sampled_from(GOLDEN)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(payload) - 1))
        payload[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(payload)


@given(messages(TOPICS, damaged() | st.binary(max_size=60)))
def test_whatever_arrives_it_never_breaks_a_law(heap: list[Heard]) -> None:
    memory: Memory = {}
    for each in heap:
        lawful(read, each, memory)


def test_received_long_ago_or_now_nothing_is_attested_later() -> None:
    early = heard("NDATA", "hub", NODE_TOLD, RECEIVED_US - 86_400 * SECOND_US)
    assert read(early, {})[0].at_us == early.received_us
