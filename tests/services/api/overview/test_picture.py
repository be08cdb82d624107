import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.api.overview.facts import (
    Facility,
    Fault,
    Gap,
    Horizon,
    Now,
    OpenIncident,
    Overview,
    Record,
    Taken,
)
from services.api.overview.picture import overview
from shared.domain.coverage import Moments
from shared.domain.intervals import intersect, normal, subtract
from shared.domain.states import Cause, Quality, SecondState, WatchState

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
FAR = datetime(9999, 1, 1, tzinfo=UTC)
ALWAYS = ((NOW - 90 * 24 * HOUR, FAR),)


def home(number: int = 1, *, required: Moments = ALWAYS) -> Facility:
    return Facility(
        number, f"F{number}", f"Mái ấm {number}", 1, "xã Ba Tơ", "public", 20, "Asia/Ho_Chi_Minh",
        required,
    )  # fmt: skip


def gap(start_h: float, end_h: float | None, *, incident: int | None = None) -> Gap:
    """Hours before NOW."""
    end_at = None if end_h is None else NOW - end_h * HOUR
    return Gap(1, "Phòng ngủ", incident, Cause.DEVICE_SILENT, NOW - start_h * HOUR, end_at)


def excused_gap(start_h: float, end_h: float | None, excused: tuple[float, float]) -> Gap:
    span = (NOW - excused[0] * HOUR, NOW - excused[1] * HOUR)
    return replace(gap(start_h, end_h), excused=(span,))


def seen(
    gaps: Sequence[Gap] = (),
    *,
    faults: Sequence[Fault] = (),
    late: Moments = (),
    facility: Facility | None = None,
    until: datetime | None = NOW,
    incidents: Sequence[OpenIncident] = (),
) -> Overview:
    record = Record(
        Horizon(until, until),
        [facility or home()],
        {1: gaps},
        {1: faults},
        {1: late},
        incidents=incidents,
    )
    return overview(record, now=NOW)


def states(view: Overview) -> list[tuple[SecondState, timedelta]]:
    return [(s.state, s.end_at - s.start_at) for s in view.outlooks[0].stretches]


def test_a_quiet_day_is_one_covered_stretch() -> None:
    view = seen()
    assert states(view) == [(SecondState.COVERED, 24 * HOUR)]
    assert (view.figures.share, view.unwatched, view.outlooks[0].now) == (1.0, (), Now.COVERED)


def test_a_gap_that_lasts_is_the_answer() -> None:
    view = seen([gap(2, None)])
    assert [(e.facility.code, e.since_at) for e in view.unwatched] == [("F1", NOW - 2 * HOUR)]
    assert view.outlooks[0].now is Now.GAP
    assert states(view) == [(SecondState.COVERED, 22 * HOUR), (SecondState.GAP, 2 * HOUR)]


def test_the_share_is_of_the_time_that_had_to_be_watched() -> None:
    view = seen([gap(3, 2)], facility=home(required=((NOW - 4 * HOUR, FAR),)))
    assert view.figures.share == 3 / 4


def test_gaps_of_two_zones_at_once_count_once() -> None:
    assert seen([gap(3, 1), gap(2, 0)]).outlooks[0].figures.required_s == 24 * 3600
    assert seen([gap(3, 1), gap(2, 0)]).outlooks[0].figures.watched_s == 21 * 3600


def test_a_poor_picture_elsewhere_covered_is_told_but_not_lost() -> None:
    fault = Fault(1, "Camera 1", WatchState.DARK, ((NOW - HOUR, NOW),), is_now=True)
    view = seen(faults=[fault])
    assert view.outlooks[0].now is Now.IMPAIRED
    assert view.outlooks[0].stretches[-1].fault is WatchState.DARK
    assert view.figures.share == 1.0


def test_late_evidence_is_watched_time_of_another_quality() -> None:
    view = seen(late=((NOW - 3 * HOUR, NOW - HOUR),))
    qualities = [stretch.quality for stretch in view.outlooks[0].stretches]
    assert qualities == [Quality.LIVE, Quality.LATE, Quality.LIVE]
    assert view.figures.share == 1.0


def test_a_blind_platform_makes_time_unknown_and_blames_nobody() -> None:
    view = seen(until=NOW - HOUR)
    assert view.is_blind
    assert states(view)[-1] == (SecondState.UNKNOWN, HOUR)
    assert (view.figures.share, view.unwatched, view.outlooks[0].now) == (1.0, (), Now.UNKNOWN)


def test_what_devices_proved_later_is_not_unknown() -> None:
    dark = ((NOW - 3 * HOUR, NOW - HOUR),)
    record = Record(
        Horizon(NOW, NOW), [home(1), home(2)], blind=dark, proved={1: ((NOW - 3 * HOUR, NOW),)}
    )
    proved, unknown = sorted(overview(record, now=NOW).outlooks, key=lambda o: o.facility.id)
    assert [s.state for s in proved.stretches] == [SecondState.COVERED]
    assert SecondState.UNKNOWN in {s.state for s in unknown.stretches}


def test_before_the_first_evidence_nothing_is_known() -> None:
    assert states(seen(until=None)) == [(SecondState.UNKNOWN, 24 * HOUR)]


def test_a_facility_without_a_zone_has_nothing_to_watch() -> None:
    view = seen(facility=home(required=()))
    assert (view.outlooks[0].now, view.outlooks[0].figures.share) == (Now.NOT_REQUIRED, None)


def test_trouble_comes_first() -> None:
    record = Record(Horizon(NOW, NOW), [home(2), home(1)], {1: [gap(1, None)]})
    assert [o.facility.id for o in overview(record, now=NOW).outlooks] == [1, 2]


def test_an_excused_gap_stays_a_gap_with_a_figure_of_its_own() -> None:
    view = seen([excused_gap(4, 1, (3, 2))])
    figures = view.outlooks[0].figures
    assert (figures.gap_s, figures.excused_s, figures.watched_s) == (3 * 3600, 3600, 21 * 3600)
    assert view.figures.share == 21 / 24
    assert view.outlooks[0].gap_count == 1
    drawn = [(s.state, s.excused) for s in view.outlooks[0].stretches]
    assert drawn == [
        (SecondState.COVERED, False), (SecondState.GAP, False), (SecondState.GAP, True),
        (SecondState.GAP, False), (SecondState.COVERED, False),
    ]  # fmt: skip


def test_what_is_excused_in_one_zone_hides_nothing_in_another() -> None:
    view = seen([excused_gap(4, 1, (4, 1)), gap(3, 2)])
    figures = view.outlooks[0].figures
    assert (figures.gap_s, figures.excused_s) == (3 * 3600, 2 * 3600)


def test_who_is_not_watched_now_is_told_also_if_it_is_excused() -> None:
    excused = replace(excused_gap(2, None, (2, 0)), is_excused_now=True)
    assert [entry.is_excused for entry in seen([excused]).unwatched] == [True]
    assert [entry.is_excused for entry in seen([excused, gap(1, None)]).unwatched] == [False]


def test_an_incident_somebody_took_up_is_not_counted_as_left() -> None:
    taken = OpenIncident(7, 1, Cause.DEVICE_SILENT, NOW, taken=(Taken("Hà", NOW),))
    left = OpenIncident(8, 1, Cause.PICTURE, NOW)
    assert seen([gap(1, None)], incidents=[taken, left]).untaken == 1


offsets = st.integers(0, 30 * 3_600_000_000)
spans = st.lists(st.tuples(offsets, offsets), max_size=4).map(
    lambda pairs: [
        (NOW - timedelta(microseconds=max(p)), NOW - timedelta(microseconds=min(p))) for p in pairs
    ]
)


@given(spans, spans, spans)
def test_the_stretches_tile_the_day_whatever_happened(
    gaps: list[tuple[datetime, datetime]],
    faulty: list[tuple[datetime, datetime]],
    late: list[tuple[datetime, datetime]],
) -> None:
    view = seen(
        [Gap(1, "Sân", None, None, start, end) for start, end in gaps],
        faults=[Fault(1, "Camera", WatchState.DARK, (span,), is_now=False) for span in faulty],
        late=tuple(late),
    )
    stretches = view.outlooks[0].stretches
    assert stretches[0].start_at == view.start_at
    assert stretches[-1].end_at == view.end_at
    assert all(a.end_at == b.start_at for a, b in itertools.pairwise(stretches))


@given(spans, spans, spans, spans)
def test_the_figures_add_up_to_the_day_and_excused_is_a_part_of_the_gap(
    gaps: list[tuple[datetime, datetime]],
    exempt: list[tuple[datetime, datetime]],
    bare: list[tuple[datetime, datetime]],
    required: list[tuple[datetime, datetime]],
) -> None:
    """Of two zones; of the first some is excused. Judged by minutes, in a naive way."""
    first = [
        Gap(1, "Sân", None, None, start, end, intersect(((start, end),), normal(exempt)))
        for start, end in normal(gaps)
    ]
    second = [Gap(1, "Bếp", None, None, start, end) for start, end in normal(bare)]
    view = seen([*first, *second], facility=home(required=normal(required)))
    figures = view.outlooks[0].figures
    parts = (figures.watched_s, figures.gap_s, figures.unknown_s, figures.not_required_s)
    assert sum(parts) == 24 * 3600
    assert 0 <= figures.excused_s <= figures.gap_s
    excused = [s for s in view.outlooks[0].stretches if s.excused]
    for stretch in excused:
        inside = (stretch.start_at + SECOND, stretch.end_at - SECOND)
        if inside[0] < inside[1]:
            assert not intersect((inside,), normal(bare))
            assert not subtract((inside,), normal(exempt))
    assert view.figures == figures
