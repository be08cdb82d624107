"""What holds of every dialect, whatever it is told."""

from math import isfinite

import msgspec
from hypothesis import strategies as st

from shared.contracts.adapters.base import (
    Attestation,
    Condition,
    Heard,
    Memory,
    Statement,
    UnreadableError,
)
from shared.contracts.adapters.rules import Reader

#: 2026-11-22 08:00 UTC.
RECEIVED_US = 1_795_334_400_000_000
SECOND_US = 1_000_000


def fresh(topic: str, payload: bytes | str, received_us: int = RECEIVED_US) -> Heard:
    return Heard(topic, payload.encode() if isinstance(payload, str) else payload, received_us)


def retained(topic: str, payload: str) -> Heard:
    return Heard(topic, payload.encode(), RECEIVED_US, is_retained=True)


def lawful(read: Reader, heard: Heard, memory: Memory) -> list[Statement]:
    """What is stated, or nothing if the message is unreadable; fails on anything else."""
    try:
        stated = read(heard, memory)
    except UnreadableError:
        return []
    for statement in stated:
        assert isinstance(statement.name, str)
        assert 0 <= statement.at_us <= heard.received_us
        if isinstance(statement, Attestation):
            assert not heard.is_retained
            assert not statement.name.endswith("/")
            assert statement.since_us is None or statement.since_us < statement.at_us
            assert all(isfinite(value) for value in statement.readings.values())
        else:
            assert isinstance(statement, Condition)
    return stated


def messages(
    topics: st.SearchStrategy[str], payloads: st.SearchStrategy[bytes]
) -> st.SearchStrategy[list[Heard]]:
    """A few messages of one sender, in any order of time."""
    instants = st.integers(RECEIVED_US - 7200 * SECOND_US, RECEIVED_US)
    return st.lists(st.builds(Heard, topics, payloads, instants, st.booleans()), max_size=5)


def json_like(keys: list[str]) -> st.SearchStrategy[bytes]:
    """JSON of any shape in which the dialect's own keys turn up, and bytes that are no JSON."""
    leaves = (
        st.none()
        | st.booleans()
        | st.integers(-(2**70), 2**70)
        | st.floats()
        | st.text(max_size=5)
        | st.sampled_from(keys)
    )
    names = st.sampled_from(keys) | st.text(max_size=3)
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
        max_leaves=12,
    )
    objects = st.dictionaries(names, values, max_size=5)
    return (objects | values).map(msgspec.json.encode) | st.binary(max_size=40)
