import json

from hypothesis import given
from hypothesis import strategies as st

from services.edge.messages import FIRST, QUICK_S, SLOW_S, SMALLEST, next_limit, packed
from shared.contracts.heartbeat import MAX_HEARTBEATS

entries = st.lists(
    st.integers(1, 300).map(lambda length: json.dumps("x" * length).encode()), max_size=60
)


@given(entries, st.integers(400, 2000))
def test_every_entry_is_told_once_in_order_within_the_limit(given: list[bytes], limit: int) -> None:
    messages = list(packed(enumerate(given), lambda: limit))
    assert [word for m in messages for word in json.loads(m.payload)] == [
        json.loads(entry) for entry in given
    ]
    assert [seq for m in messages for seq in m.seqs] == list(range(len(given)))
    assert all(len(m.payload) <= limit for m in messages)


def test_no_message_could_have_taken_the_next_entry_as_well() -> None:
    messages = list(packed(enumerate([b'"' + b"x" * 98 + b'"'] * 100), lambda: 1000))
    assert [len(m.seqs) for m in messages] == [9] * 11 + [1]


def test_the_limit_may_change_between_messages() -> None:
    limits = iter([210, 210, 10_000, 10_000, 10_000])
    messages = packed(enumerate([b'"' + b"x" * 98 + b'"'] * 5), lambda: next(limits))
    assert [len(m.seqs) for m in messages] == [2, 3]


def limit_on_a_link_of(bytes_per_s: int, *, messages: int) -> int:
    limit = FIRST
    for _ in range(messages):
        limit = next_limit(limit, size=limit, took_s=limit / bytes_per_s)
    return limit


def test_a_good_link_takes_messages_of_full_size_soon() -> None:
    assert limit_on_a_link_of(1_000_000, messages=3) == MAX_HEARTBEATS


def test_a_message_never_takes_long_on_a_slow_link() -> None:
    for messages in range(1, 10):
        assert limit_on_a_link_of(2000, messages=messages) / 2000 <= SLOW_S


def test_a_link_that_bears_nothing_gets_the_smallest() -> None:
    assert limit_on_a_link_of(1, messages=20) == SMALLEST


def test_a_quick_small_message_says_nothing_about_large_ones() -> None:
    assert next_limit(16_000, size=300, took_s=QUICK_S / 10) == 16_000
