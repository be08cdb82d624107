from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.coverage import (
    Evidence,
    Knowledge,
    Lifetime,
    Tile,
    of_device,
    of_zone,
    quality_seconds,
    seconds,
)
from shared.domain.gaps import Requirement
from shared.domain.intervals import Spans, intersect
from shared.domain.places import DeviceKind
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
#: Watched, late, impaired and proven: proof is always of something watched.
Sets = tuple[Set, Set, Set, Set]
WINDOW = (at(10), at(50))
ALWAYS = Lifetime(at(0), None, timedelta(0))


@given(spans(HORIZON))
def test_nobody_is_missed_at_a_place_on_a_round_by_itself(watched: Set) -> None:
    """Whether anybody was there between two check-ins is not known: its zone judges."""
    knowledge = Knowledge(at(HORIZON))
    visited = Evidence(instants(watched), kind=DeviceKind.ROUND_POINT)
    tiles = of_device(visited, ALWAYS, knowledge, WINDOW)
    figures = seconds(tiles)
    assert is_tiling(tiles, WINDOW)
    assert figures[SecondState.GAP] == 0
    assert figures[SecondState.COVERED] == len(points(intersect(watched, ((10, 50),))))


def told(horizon: int = HORIZON) -> st.SearchStrategy[Sets]:
    sets = st.tuples(*[spans(horizon)] * 4)
    return sets.map(lambda of: (of[0], of[1], of[2], intersect(of[0], of[3])))


evidences = told()


def evidence(of: Sets) -> Evidence:
    watched, late, impaired, proven = (instants(part) for part in of)
    return Evidence(
        watched,
        late,
        impaired,
        {WatchState.DARK: impaired} if impaired else {},
        proven,
    )


def quality_of(second: int, devices: Sequence[Sets]) -> Quality:
    """By the best of the devices; what none of them watched is a hole that is tolerated."""
    live = {s for w, _, i, _ in devices for s in points(w) - points(i)}
    late = {s for _, late, i, _ in devices for s in points(late) - points(i)}
    proven = {s for _, _, i, p in devices for s in points(p) - points(i)}
    if second in proven:
        return Quality.PROVEN
    return Quality.LATE if second in late - live else Quality.LIVE


def by_second(tiles: tuple[Tile, ...]) -> dict[int, tuple[SecondState, Quality | None]]:
    return {
        second: (tile.state, tile.quality)
        for tile in tiles
        for second in range(
            round((tile.start_at - EPOCH).total_seconds()),
            round((tile.end_at - EPOCH).total_seconds()),
        )
    }


@given(evidences, spans(), st.integers(0, HORIZON), st.integers(0, 20))
def test_each_second_of_a_device_is_what_the_naive_model_says(
    of: Sets, blind: Set, until: int, patience: int
) -> None:
    registered = 15
    watched, late, impaired, _ = (points(part) for part in of)
    tiles = of_device(
        evidence(of),
        Lifetime(at(registered), None, timedelta(seconds=patience)),
        Knowledge(at(until), instants(blind)),
        WINDOW,
    )
    ends = {end for part in of for _, end in part if end <= until}
    last = max(ends | {registered})
    pending = set(range(last, until)) if until - last <= patience else set()

    def expected(second: int) -> tuple[SecondState, Quality | None]:
        if second in impaired:
            return SecondState.IMPAIRED, None
        if second in watched | late:
            return SecondState.COVERED, quality_of(second, [of])
        is_known = registered <= second < until and second not in points(blind) | pending
        return SecondState.GAP if is_known else SecondState.UNKNOWN, None

    assert is_tiling(tiles, WINDOW)
    assert by_second(tiles) == {s: expected(s) for s in range(10, 50)}


@given(st.lists(evidences, max_size=3), st.integers(1, 2), spans(), st.integers(0, HORIZON))
def test_each_second_of_a_zone_is_what_the_naive_model_says(
    devices: list[Sets], least: int, blind: Set, until: int
) -> None:
    tolerance = 4
    required = Requirement(least, timedelta(seconds=tolerance), valid_from=at(0))
    tiles = of_zone(
        [required],
        [evidence(of) for of in devices],
        Knowledge(at(until), instants(blind)),
        WINDOW,
    )
    effective = [(points(w) | points(late)) - points(i) for w, late, i, _ in devices]
    enough = {s for s in range(HORIZON) if sum(s in one for one in effective) >= least}
    gap, pending = gap_and_pending(enough, points(blind), tolerance=tolerance, until=until)
    unknown = ((points(blind) | set(range(until, HORIZON))) - enough) | pending

    def expected(second: int) -> tuple[SecondState, Quality | None]:
        if second in gap:
            return SecondState.GAP, None
        if second in unknown:
            return SecondState.UNKNOWN, None
        return SecondState.COVERED, quality_of(second, devices)

    assert is_tiling(tiles, WINDOW)
    assert by_second(tiles) == {s: expected(s) for s in range(10, 50)}


KINDS = [DeviceKind.CAMERA, DeviceKind.MOTION]
pieces = st.lists(
    st.tuples(st.integers(1, 2), st.sampled_from([None, *KINDS])), min_size=6, max_size=6
)


@given(
    st.lists(st.tuples(evidences, st.sampled_from(KINDS)), max_size=3),
    spans(),
    pieces,
    spans(),
    st.integers(0, HORIZON),
)
def test_what_is_not_required_is_a_state_of_its_own_and_only_kinds_that_count_watch(
    devices: list[tuple[Sets, DeviceKind]],
    required: Set,
    asked: list[tuple[int, DeviceKind | None]],
    blind: Set,
    until: int,
) -> None:
    """Each span of required time asks for so many of one kind, or of any."""
    tolerance = 4
    binding = [
        Requirement(
            least,
            timedelta(seconds=tolerance),
            at(start),
            at(end),
            None if kind is None else frozenset({kind}),
        )
        for (start, end), (least, kind) in zip(required, asked, strict=False)
    ]
    attested = [replace(evidence(of), kind=kind) for of, kind in devices]
    tiles = of_zone(binding, attested, Knowledge(at(until), instants(blind)), WINDOW)
    expected = dict.fromkeys(range(10, 50), SecondState.NOT_REQUIRED)
    for (start, end), (least, wanted) in zip(required, asked, strict=False):
        watched = [
            (points(w) | points(late)) - points(i)
            for (w, late, i, _), kind in devices
            if wanted in (None, kind)
        ]
        enough = {s for s in range(HORIZON) if sum(s in one for one in watched) >= least}
        idle = set(range(start)) | set(range(end, HORIZON))
        known = min(until, end)
        gap, pending = gap_and_pending(
            enough | idle, points(blind), tolerance=tolerance, until=known
        )
        pending = pending if until < end else set()
        unknown = (points(blind) | set(range(until, HORIZON))) - enough | pending
        for second in range(max(start, 10), min(end, 50)):
            expected[second] = (
                SecondState.GAP
                if second in gap
                else SecondState.UNKNOWN
                if second in unknown
                else SecondState.COVERED
            )

    assert is_tiling(tiles, WINDOW)
    assert {second: state for second, (state, _) in by_second(tiles).items()} == expected
    assert sum(seconds(tiles).values()) == 40


@given(evidences, st.integers(0, 999_999), st.integers(0, 999_999))
def test_figures_are_whole_seconds_that_add_up_to_the_window(
    of: Sets, shift: int, until_us: int
) -> None:
    watched, late, impaired, proven = (
        tuple((a + timedelta(microseconds=shift), b) for a, b in instants(part)) for part in of
    )
    moved = Evidence(watched, late, impaired, proven=proven)
    knowledge = Knowledge(at(40) + timedelta(microseconds=until_us))
    tiles = of_device(moved, ALWAYS, knowledge, WINDOW)
    assert is_tiling(tiles, WINDOW)
    assert sum(seconds(tiles).values()) == 40
    assert sum(quality_seconds(tiles).values()) == seconds(tiles)[SecondState.COVERED]
    assert all(tile.start_at.microsecond == tile.end_at.microsecond == 0 for tile in tiles)


def test_a_second_counts_as_covered_only_if_all_of_it_was() -> None:
    watched = Evidence(watched=((at(10), at(20.5)), (at(20.6), at(50))))
    tiles = of_device(watched, ALWAYS, Knowledge(at(60)), WINDOW)
    assert seconds(tiles)[SecondState.GAP] == 1


@given(told(4 * HORIZON))
def test_a_second_is_as_good_as_its_weakest_part(of: Sets) -> None:
    """Told in quarters of a second."""
    watched, late, impaired, proven = (_quartered(part) for part in of)
    quarters = Evidence(watched, late, impaired, proven=proven)
    tiles = of_device(quarters, ALWAYS, Knowledge(at(0)), WINDOW)

    def expected(second: int) -> Quality:
        parts = {quality_of(4 * second + part, [of]) for part in range(4)}
        return max(parts, key=list(Quality).index)

    graded = {second: quality for second, (_, quality) in by_second(tiles).items() if quality}
    assert graded == {second: expected(second) for second in graded}


def _quartered(of: Set) -> Spans[datetime]:
    return tuple((at(start / 4), at(end / 4)) for start, end in of)


def test_evidence_of_each_quality_and_faults_are_named() -> None:
    attested = Evidence(
        watched=((at(10), at(20)),),
        proven=((at(10), at(16)),),
        late=((at(15), at(30)),),
        impaired=((at(40), at(50)),),
        faults={WatchState.COVERED: ((at(40), at(50)),)},
    )
    tiles = of_device(attested, ALWAYS, Knowledge(at(60)), WINDOW)
    assert tiles == (
        Tile(at(10), at(16), SecondState.COVERED, Quality.PROVEN),
        Tile(at(16), at(20), SecondState.COVERED, Quality.LIVE),
        Tile(at(20), at(30), SecondState.COVERED, Quality.LATE),
        Tile(at(30), at(40), SecondState.GAP),
        Tile(at(40), at(50), SecondState.IMPAIRED, fault=WatchState.COVERED),
    )


def test_a_zone_is_proven_while_one_good_device_proves_it() -> None:
    required = Requirement(1, timedelta(seconds=5), valid_from=at(0))
    watched = ((at(0), at(60)),)
    devices = [
        Evidence(watched, proven=((at(10), at(30)),)),
        Evidence(watched, impaired=((at(30), at(40)),), proven=((at(30), at(50)),)),
    ]
    tiles = of_zone([required], devices, Knowledge(at(60)), WINDOW)
    assert [tile.quality for tile in tiles] == [Quality.PROVEN, Quality.LIVE, Quality.PROVEN]
    assert quality_seconds(tiles) == {Quality.PROVEN: 30, Quality.LIVE: 10, Quality.LATE: 0}


def test_a_hole_across_the_border_of_the_window_is_judged_by_its_whole_length() -> None:
    required = Requirement(1, timedelta(seconds=10), valid_from=at(0))
    watched = Evidence(watched=((at(0), at(5)), (at(16), at(60))))
    tiles = of_zone([required], [watched], Knowledge(at(60)), WINDOW)
    assert tiles[0] == Tile(at(10), at(16), SecondState.GAP)


def test_a_zone_without_devices_is_a_gap_from_the_day_it_is_required() -> None:
    required = Requirement(1, timedelta(seconds=5), valid_from=at(20))
    tiles = of_zone([required], [], Knowledge(at(60)), WINDOW)
    assert [tile.state for tile in tiles] == [SecondState.NOT_REQUIRED, SecondState.GAP]


def test_a_gap_goes_on_through_blindness_that_lies_before_the_window() -> None:
    """However long the blindness: what lies before it was too long already."""
    required = Requirement(1, timedelta(seconds=4), valid_from=at(0))
    tiles = of_zone([required], [], Knowledge(at(13), ((at(5), at(9)),)), WINDOW)
    assert tiles[0] == Tile(at(10), at(13), SecondState.GAP)
