from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.coverage import (
    Evidence,
    Knowledge,
    Lifetime,
    Tile,
    of_device,
    of_zone,
    seconds,
)
from shared.domain.gaps import Requirement
from shared.domain.intervals import Spans
from shared.domain.states import Quality, SecondState, WatchState
from tests.shared.domain.models import (
    EPOCH,
    HORIZON,
    at,
    gap_and_pending,
    instants,
    is_tiling,
    points,
    spans,
)

Set = Spans[int]
WINDOW = (at(10), at(50))
evidences = st.tuples(spans(), spans(), spans())


def evidence(of: tuple[Set, Set, Set]) -> Evidence:
    watched, late, impaired = of
    return Evidence(
        instants(watched),
        instants(late),
        instants(impaired),
        {WatchState.DARK: instants(impaired)} if impaired else {},
    )


def state_by_second(tiles: tuple[Tile, ...]) -> dict[int, SecondState]:
    return {
        second: tile.state
        for tile in tiles
        for second in range(
            round((tile.start_at - EPOCH).total_seconds()),
            round((tile.end_at - EPOCH).total_seconds()),
        )
    }


@given(evidences, spans(), st.integers(0, HORIZON), st.integers(0, 20))
def test_each_second_of_a_device_is_what_the_naive_model_says(
    of: tuple[Set, Set, Set], blind: Set, until: int, patience: int
) -> None:
    registered = 15
    watched, late, impaired = (points(part) for part in of)
    tiles = of_device(
        evidence(of),
        Lifetime(at(registered), None, timedelta(seconds=patience)),
        Knowledge(at(until), instants(blind)),
        WINDOW,
    )
    ends = {end for part in of for _, end in part if end <= until}
    last = max(ends | {registered})
    pending = set(range(last, until)) if until - last <= patience else set()

    def expected(second: int) -> SecondState:
        if second in impaired:
            return SecondState.IMPAIRED
        if second in watched | late:
            return SecondState.COVERED
        is_known = registered <= second < until and second not in points(blind) | pending
        return SecondState.GAP if is_known else SecondState.UNKNOWN

    assert is_tiling(tiles, WINDOW)
    assert state_by_second(tiles) == {s: expected(s) for s in range(10, 50)}


@given(st.lists(evidences, max_size=3), st.integers(1, 2), spans(), st.integers(0, HORIZON))
def test_each_second_of_a_zone_is_what_the_naive_model_says(
    devices: list[tuple[Set, Set, Set]], least: int, blind: Set, until: int
) -> None:
    tolerance = 4
    required = Requirement(least, timedelta(seconds=tolerance), valid_from=at(0))
    tiles = of_zone(
        [required],
        [evidence(of) for of in devices],
        Knowledge(at(until), instants(blind)),
        WINDOW,
    )
    effective = [(points(w) | points(late)) - points(i) for w, late, i in devices]
    enough = {s for s in range(HORIZON) if sum(s in one for one in effective) >= least}
    gap, pending = gap_and_pending(enough, points(blind), tolerance=tolerance, until=until)
    unknown = ((points(blind) | set(range(until, HORIZON))) - enough) | pending

    def expected(second: int) -> SecondState:
        if second in gap:
            return SecondState.GAP
        return SecondState.UNKNOWN if second in unknown else SecondState.COVERED

    assert is_tiling(tiles, WINDOW)
    assert state_by_second(tiles) == {s: expected(s) for s in range(10, 50)}


@given(evidences, st.integers(0, 999_999), st.integers(0, 999_999))
def test_figures_are_whole_seconds_that_add_up_to_the_window(
    of: tuple[Set, Set, Set], shift: int, until_us: int
) -> None:
    watched, late, impaired = (
        tuple((a + timedelta(microseconds=shift), b) for a, b in instants(part)) for part in of
    )
    moved = Evidence(watched, late, impaired)
    knowledge = Knowledge(at(40) + timedelta(microseconds=until_us))
    tiles = of_device(moved, Lifetime(at(0), None, timedelta(0)), knowledge, WINDOW)
    assert is_tiling(tiles, WINDOW)
    assert sum(seconds(tiles).values()) == 40
    assert all(tile.start_at.microsecond == tile.end_at.microsecond == 0 for tile in tiles)


def test_a_second_counts_as_covered_only_if_all_of_it_was() -> None:
    watched = Evidence(watched=((at(10), at(20.5)), (at(20.6), at(50))))
    tiles = of_device(watched, Lifetime(at(0), None, timedelta(0)), Knowledge(at(60)), WINDOW)
    assert seconds(tiles)[SecondState.GAP] == 1


def test_late_evidence_and_faults_are_named() -> None:
    told = Evidence(
        watched=((at(10), at(20)),),
        late=((at(15), at(30)),),
        impaired=((at(40), at(50)),),
        faults={WatchState.COVERED: ((at(40), at(50)),)},
    )
    tiles = of_device(told, Lifetime(at(0), None, timedelta(0)), Knowledge(at(60)), WINDOW)
    assert tiles == (
        Tile(at(10), at(20), SecondState.COVERED, Quality.LIVE),
        Tile(at(20), at(30), SecondState.COVERED, Quality.LATE),
        Tile(at(30), at(40), SecondState.GAP),
        Tile(at(40), at(50), SecondState.IMPAIRED, fault=WatchState.COVERED),
    )


def test_a_hole_across_the_border_of_the_window_is_judged_by_its_whole_length() -> None:
    required = Requirement(1, timedelta(seconds=10), valid_from=at(0))
    watched = Evidence(watched=((at(0), at(5)), (at(16), at(60))))
    tiles = of_zone([required], [watched], Knowledge(at(60)), WINDOW)
    assert tiles[0] == Tile(at(10), at(16), SecondState.GAP)


def test_a_zone_without_devices_is_a_gap_from_the_day_it_is_required() -> None:
    required = Requirement(1, timedelta(seconds=5), valid_from=at(20))
    tiles = of_zone([required], [], Knowledge(at(60)), WINDOW)
    assert [tile.state for tile in tiles] == [SecondState.UNKNOWN, SecondState.GAP]
