from hypothesis import given
from hypothesis import strategies as st

from services.edge.messages import packed
from services.edge.watch import Watch
from shared.contracts.heartbeat import decode_entry, decode_many
from shared.domain.states import WatchState

codes = st.from_regex(r"[a-j0-9][a-j0-9._-]{0,59}", fullmatch=True)
instants = st.integers(1_700_000_000_000, 1_900_000_000_000)


@st.composite
def watches(draw: st.DrawFn) -> Watch:
    since_ms = draw(instants)
    length_ms = draw(st.integers(1, 10**9))
    state = draw(st.sampled_from(WatchState))
    return Watch(draw(codes), state, since_ms, since_ms + length_ms)


def read_back(payload: bytes) -> list[Watch]:
    entries = [decode_entry(raw) for raw in decode_many(payload)]
    return [Watch(e.device, e.state, int(e.since), int(e.at)) for e in entries]  # type: ignore[arg-type]  # numbers, as sent


@given(st.lists(watches(), max_size=60), st.integers(300, 2000))
def test_every_watch_is_told_once_in_order_within_the_limit(given: list[Watch], limit: int) -> None:
    messages = list(packed(given, limit=limit))
    told = [watch for message in messages for watch in read_back(message.payload)]
    assert told == given
    assert all(len(message.payload) <= limit for message in messages)
    assert [w for message in messages for w in message.watches] == given


def test_a_watch_of_no_length_says_nothing() -> None:
    assert list(packed([Watch("cam-1", WatchState.OK, 5, 5)])) == []


def test_sixteen_devices_fit_one_message() -> None:
    many = [Watch(f"cam-{n}", WatchState.OK, 0, 10**12) for n in range(16)]
    assert len(list(packed(many))) == 1
