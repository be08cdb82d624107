"""Each dialect's reader, told a stream of messages, with what it remembers and without."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from shared.contracts.adapters import recall
from shared.contracts.adapters.base import Attestation, Heard, Memory, Statement
from shared.contracts.adapters.rules import READERS, Dialect, Reader
from tests.fuzz import golden
from tests.fuzz.records import OFTEN, Record, packed, unpacked
from tests.shared.contracts.adapters.laws import RECEIVED_US, SECOND_US, lawful

_RETAINED: Final = 1
#: Said time and again: brackets, strings, and metrics of a protocol buffer, one of them stored.
_HEAVY: Final = (b"[", b'{"a":', b'"', b"1", b"\x12\x00", b"\x12\x02\x10\x01", b"\x12\x02\x28\x01")
_STEPS_S: Final = (0, 1, 30, 60, 3600, 86_400, -1)
#: The smallest message that states something is a byte or two, and states a handful of things.
_STATEMENTS_BESIDES: Final = 6
#: Sparkplug's map of metrics, and the bridge's own entry of Zigbee2MQTT.
_MOST_KEPT: Final = recall.MOST + 1


@dataclass(frozen=True, slots=True)
class Target:
    """A fuzz target made of one dialect."""

    seeds: Callable[[], Sequence[bytes]]
    one: Callable[[bytes], None]


def of(name: str) -> Target:
    dialect = Dialect(name)
    messages = golden.MESSAGES[dialect]
    topics = tuple(dict.fromkeys(topic for topic, _ in messages))
    reader = READERS[dialect]
    return Target(lambda: _seeds(messages, topics), lambda data: _one(reader, topics, data))


def _seeds(messages: Sequence[golden.Message], topics: Sequence[str]) -> list[bytes]:
    """Each alone, each with a topic of its own making, and all of them one after the other."""
    records = [Record(topics.index(topic), 0, 1, payload) for topic, payload in messages]
    named = [Record(255, 0, 1, topic.encode() + b"\n" + payload) for topic, payload in messages]
    heavy = [Record(number, 0, 1, body, OFTEN) for number in range(len(topics)) for body in _HEAVY]
    return [packed([record]) for record in (*records, *named, *heavy)] + [packed(records)]


def _one(reader: Reader, topics: Sequence[str], data: bytes) -> None:
    memory: Memory = {}
    now_us = RECEIVED_US
    for record in unpacked(data):
        now_us += _STEPS_S[record.step % len(_STEPS_S)] * SECOND_US
        topic, payload = _addressed(record, topics)
        heard = Heard(topic, payload, now_us, bool(record.flags & _RETAINED))
        alone = lawful(reader, heard, {})
        assert lawful(reader, heard, {}) == alone, "the same message means the same"
        _bounded(lawful(reader, heard, memory), heard, memory)


def _addressed(record: Record, topics: Sequence[str]) -> tuple[str, bytes]:
    """A documented topic, or one that stands in the first line of the body."""
    if record.place < len(topics):
        return topics[record.place], record.payload
    first, _, _ = record.body.partition(b"\n")
    rest = Record(0, 0, 0, record.body[len(first) + 1 :], record.times)
    return first.decode(errors="replace"), rest.payload


def _bounded(stated: list[Statement], heard: Heard, memory: Memory) -> None:
    assert len(stated) <= len(heard.payload) + _STATEMENTS_BESIDES
    # A name may be one that is remembered.
    longest = max(6 * (len(heard.topic) + len(heard.payload)), recall.LONGEST)
    assert all(len(statement.name) <= longest for statement in stated)
    assert all(statement.at_us <= heard.received_us for statement in stated)
    assert not (heard.is_retained and any(isinstance(one, Attestation) for one in stated))
    assert len(memory) <= _MOST_KEPT
    assert all(len(key) <= 2 * recall.LONGEST for key in memory)
