from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.coverage import Evidence, Knowledge, of_zone
from shared.domain.gaps import Requirement
from shared.domain.intervals import normal
from shared.domain.placements import Placement, attested_in, moved, spans_in
from shared.domain.states import SecondState

BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
LENGTH = 60
ZONES = (1, 2, 3)
SECOND = timedelta(seconds=1)


def at(second: int) -> datetime:
    return BEGIN + second * SECOND


spans = st.lists(
    st.tuples(st.integers(0, LENGTH), st.integers(0, LENGTH)).map(sorted), max_size=4
).map(lambda pairs: normal((at(low), at(high)) for low, high in pairs))
moves = st.lists(st.tuples(st.integers(1, LENGTH - 1), st.sampled_from(ZONES)), max_size=6).map(
    lambda found: sorted(found, key=lambda move: move[0])
)
devices = st.tuples(st.sampled_from(ZONES), moves, spans, spans)


def history(first: int, steps: list[tuple[int, int]]) -> tuple[Placement, ...]:
    placements: tuple[Placement, ...] = (Placement(first),)
    for second, zone_id in steps:
        placements = moved(placements, zone_id, now=at(second))
    return placements


def zone_of(first: int, steps: list[tuple[int, int]], second: int) -> int:
    """As somebody who looks once a second would see it."""
    zone_id = first
    for moved_at, to in steps:
        if moved_at <= second:
            zone_id = to
    return zone_id


@given(st.lists(devices, min_size=1, max_size=4), st.integers(1, 3))
def test_each_second_counts_for_the_zone_in_which_the_device_stood_then(
    cast: list[tuple[int, list[tuple[int, int]], object, object]], min_devices: int
) -> None:
    requirement = Requirement(min_devices, timedelta(microseconds=1), BEGIN, None)
    for zone_id in ZONES:
        seen = []
        for first, steps, watched, impaired in cast:
            evidence = Evidence(watched=watched, impaired=impaired)  # type: ignore[arg-type]  # drawn
            attested = attested_in(zone_id, evidence, history(first, steps))
            if attested is not None:
                seen.append(attested)
        window = (BEGIN, at(LENGTH))
        tiles = of_zone((requirement,), seen, Knowledge(at(2 * LENGTH)), window)
        covered = {
            second
            for tile in tiles
            if tile.state is SecondState.COVERED
            for second in range(
                int((tile.start_at - BEGIN) / SECOND), int((tile.end_at - BEGIN) / SECOND)
            )
        }
        naive = {
            second
            for second in range(LENGTH)
            if sum(
                zone_of(first, steps, second) == zone_id
                and any(low <= at(second) < high for low, high in watched)  # type: ignore[attr-defined]
                and not any(low <= at(second) < high for low, high in impaired)  # type: ignore[attr-defined]
                for first, steps, watched, impaired in cast
            )
            >= min_devices
        }
        assert covered == naive


@given(st.sampled_from(ZONES), moves)
def test_a_device_stands_in_one_zone_at_a_time_and_always_in_one(
    first: int, steps: list[tuple[int, int]]
) -> None:
    placements = history(first, steps)
    for second in range(LENGTH):
        there = [
            zone_id
            for zone_id in ZONES
            if any(low <= at(second) < high for low, high in spans_in(zone_id, placements))
        ]
        assert there == [zone_of(first, steps, second)]


def test_a_device_that_was_never_moved_keeps_its_evidence_as_it_is() -> None:
    evidence = Evidence(watched=((at(1), at(2)),))
    assert attested_in(1, evidence, (Placement(1),)) is evidence
    assert attested_in(2, evidence, (Placement(1),)) is None


def test_to_be_moved_where_one_stands_is_no_move() -> None:
    assert moved((Placement(1),), 1, now=at(5)) == (Placement(1),)
