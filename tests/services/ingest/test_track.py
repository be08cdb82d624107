from hypothesis import given
from hypothesis import strategies as st

from services.ingest.haul import Haul
from services.ingest.track import Site, Track
from shared.domain.heartbeat import SECOND_US
from shared.domain.intervals import normal
from shared.domain.states import WatchState
from tests.shared.domain.models import points

NOW_S = 1000
claims = st.lists(
    st.tuples(st.integers(0, 900), st.integers(1, 500), st.sampled_from(["ok", "dark"])),
    max_size=12,
)


def a_track() -> Track:
    return Track(1, "CAM-1", Site("F", "UTC"), default_us=SECOND_US, registered_us=0)


@given(claims, st.lists(st.booleans(), min_size=12, max_size=12))
def test_what_is_flushed_is_the_union_of_what_was_claimed(
    beats: list[tuple[int, int, str]], flushes: list[bool]
) -> None:
    """However claims repeat, overlap and come out of order, and whenever a flush falls."""
    track = a_track()
    flushed: dict[str, list[tuple[int, int]]] = {"ok": [], "dark": []}

    def flush() -> None:
        haul = Haul.take(track)
        flushed["ok"] += haul.watched + haul.late
        flushed["dark"] += haul.faults.get(WatchState.DARK, [])
        haul.commit()

    for (start, length, state), does_flush in zip(beats, flushes, strict=False):
        end = min(start + length, NOW_S)
        track.attest(
            start * SECOND_US,
            end * SECOND_US,
            state=WatchState(state),
            received_us=NOW_S * SECOND_US,
        )
        if does_flush:
            flush()
    flush()
    for state, pieces in flushed.items():
        stored = normal((a // SECOND_US, b // SECOND_US) for a, b in pieces)
        claimed = normal((s, min(s + n, NOW_S)) for s, n, kind in beats if kind == state)
        assert points(stored) == points(claimed)


@given(claims)
def test_live_is_what_arrived_within_five_minutes(beats: list[tuple[int, int, str]]) -> None:
    track = a_track()
    for start, length, _ in beats:
        end = min(start + length, NOW_S)
        track.attest(
            start * SECOND_US, end * SECOND_US, state=WatchState.OK, received_us=NOW_S * SECOND_US
        )
    border = (NOW_S - 300) * SECOND_US
    assert all(end <= border for _, end in track.late)
    assert all(start >= border for start, _ in track.watched.pending)


def test_a_cumulative_heartbeat_costs_only_what_is_new() -> None:
    track = a_track()
    day = 86_400 * SECOND_US
    track.attest(0, day, state=WatchState.OK, received_us=day)
    Haul.take(track).commit()
    later = day + 30 * SECOND_US
    assert track.attest(0, later, state=WatchState.OK, received_us=later)
    assert Haul.take(track).watched == [(day, later)]
    assert not track.attest(0, day, state=WatchState.OK, received_us=later)
