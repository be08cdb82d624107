from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import approval_limits, approvals, exemptions
from shared.domain.access import Role
from shared.domain.approvals import Approval, Decision, Kind, Obstacle, Repeats, State, Window
from shared.domain.exemptions import Duty, Part, Released, Watcher
from shared.domain.intervals import intersect, normal, subtract, union

T0 = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
Minutes = frozenset[int]


def at(hours: float) -> datetime:
    return T0 + hours * HOUR


def approved(
    window: Window,
    *,
    decided_at: datetime = T0 - DAY,
    ended_at: datetime | None = None,
    kind: Kind = Kind.MAINTENANCE,
) -> Approval:
    return Approval(
        kind=kind,
        requested_by=1,
        requested_at=min(decided_at, T0 - DAY),
        expires_at=T0 + 900 * DAY,
        window=window,
        decision=Decision.APPROVED,
        decided_by=2,
        decided_at=decided_at,
        ended_by=None if ended_at is None else 1,
        ended_at=ended_at,
    )


@st.composite
def series(draw: st.DrawFn) -> Window:
    """Whole hours, a window over months."""
    repeats = draw(st.sampled_from([None, *Repeats]))
    longest = {None: 720, Repeats.DAILY: 23, Repeats.WEEKLY: 167}[repeats]
    start = draw(st.integers(0, 24 * 90))
    length = draw(st.integers(1, longest))
    until = None if repeats is None else at(start + draw(st.integers(1, 24 * 120)))
    return Window(at(start), at(start + length), repeats, until)


def naive_hours(window: Window) -> set[int]:
    """Every hour in which it is on, found by walking from time to time."""
    found: set[int] = set()
    start, end = (round((x - T0) / HOUR) for x in (window.starts_at, window.ends_at))
    step = {None: 0, Repeats.DAILY: 24, Repeats.WEEKLY: 168}[window.repeats]
    while True:
        found |= set(range(start, end))
        start, end = start + step, end + step
        if not step or window.repeats_until is None or at(start) >= window.repeats_until:
            return found


@given(series(), st.integers(-48, 24 * 200), st.integers(1, 24 * 100), st.none() | st.integers(0))
def test_it_holds_at_its_times_after_its_approval_and_before_its_end(
    window: Window, decided: int, length: int, ended: int | None
) -> None:
    ended_at = None if ended is None else at(decided + ended % 2000)
    it = approved(window, decided_at=at(decided), ended_at=ended_at)
    within = (at(decided - 24), at(decided - 24 + length))
    hours = {
        hour
        for hour in naive_hours(window)
        if hour >= decided and (ended_at is None or at(hour) < ended_at)
    }
    expected = normal(
        (at(hour), at(hour + 1)) for hour in hours if within[0] <= at(hour) < within[1]
    )
    assert exemptions.held(it, within) == expected


@given(series(), st.integers(0, 24 * 300))
def test_its_state_says_the_same_as_its_times(window: Window, hour: int) -> None:
    it = approved(window)
    hours = naive_hours(window)
    expected = (
        State.IN_FORCE if hour in hours else State.OVER if hour > max(hours) else State.APPROVED
    )
    assert approvals.state(it, now=at(hour)) is expected
    until = exemptions.holds_until(it, at(hour))
    assert (until is not None) == (hour in hours)
    assert window.over_at == at(max(hours) + 1)


def test_nothing_before_its_approval_is_excused() -> None:
    it = approved(Window(at(0), at(10)), decided_at=at(4))
    assert exemptions.held(it, (at(-10), at(20))) == ((at(4), at(10)),)


def test_neither_a_request_nor_a_refusal_holds() -> None:
    window = Window(at(0), at(10))
    asked = Approval(Kind.MAINTENANCE, 1, T0, at(10), window)
    refused = approvals.decided(asked, Decision.REFUSED, 2, at=at(0))
    assert exemptions.held(asked, (at(0), at(10))) == ()
    assert exemptions.held(refused, (at(0), at(10))) == ()


def test_a_correction_excuses_what_was_and_quiets_nothing() -> None:
    it = approved(Window(at(2), at(4)), kind=Kind.CORRECTION, decided_at=at(20))
    assert exemptions.excuses(it, (at(0), at(3))) == ((at(2), at(3)),)
    assert exemptions.held(it, (at(0), at(30))) == ()
    assert exemptions.holds_until(it, at(21)) is None


def test_a_correction_that_was_revoked_excuses_nothing_any_more() -> None:
    it = approved(Window(at(2), at(4)), kind=Kind.CORRECTION, decided_at=at(20), ended_at=at(30))
    assert exemptions.excuses(it, (at(0), at(9))) == ()
    then = approvals.as_known(it, at(29))
    assert exemptions.excuses(then, (at(0), at(9))) == ((at(2), at(4)),)
    assert exemptions.excuses(approvals.as_known(it, at(19)), (at(0), at(9))) == ()


def test_only_maintenance_and_corrections_excuse() -> None:
    window = Window(at(2), at(4))
    assert exemptions.excuses(approved(window), (at(0), at(9))) == ((at(2), at(4)),)
    assert exemptions.excuses(approved(window, kind=Kind.MUTE), (at(0), at(9))) == ()


def test_what_repeats_must_fit_between_two_of_its_times() -> None:
    window = Window(at(1), at(25), Repeats.DAILY, at(200))
    assert (
        approval_limits.why_not_asked(Kind.MAINTENANCE, window, now=T0) is Obstacle.OVERLAPS_ITSELF
    )


def test_only_maintenance_repeats() -> None:
    window = Window(at(1), at(3), Repeats.WEEKLY, at(200))
    found = approval_limits.why_not_asked(Kind.MUTE, window, now=T0)
    assert found is Obstacle.ONLY_MAINTENANCE_REPEATS


def test_a_series_says_when_it_ends_within_a_year() -> None:
    endless = Window(at(1), at(3), Repeats.WEEKLY)
    longer = Window(at(1), at(3), Repeats.WEEKLY, at(1) + 367 * DAY)
    for window in (endless, longer):
        found = approval_limits.why_not_asked(Kind.MAINTENANCE, window, now=T0)
        assert found is Obstacle.SERIES_TOO_LONG


def test_a_mute_silences_no_role_of_an_authority() -> None:
    watching = {Role.COMMUNE_CPO, Role.DEPT_OFFICER, Role.INSPECTOR, Role.PPC_LEADER}
    assert watching.isdisjoint(exemptions.SILENCED)


# Minutes of an hour, as sets: the naive model of what is excused.

minutes = st.frozensets(st.integers(0, 59), max_size=60)


def spans_of(of: Minutes) -> tuple[tuple[datetime, datetime], ...]:
    return normal((T0 + m * MINUTE, T0 + (m + 1) * MINUTE) for m in of)


@st.composite
def watcher(draw: st.DrawFn) -> tuple[Minutes, Minutes, Minutes]:
    """When it watched, stood there, was exempt."""
    present = draw(st.sampled_from([frozenset(range(60)), frozenset(range(20, 50))]))
    first, length = draw(st.integers(0, 59)), draw(st.integers(0, 60))
    exempt = frozenset(range(first, min(60, first + length)))
    return draw(minutes) & present, present, exempt & present


@given(st.lists(watcher(), max_size=4), st.integers(1, 3), minutes)
def test_an_exempt_device_excuses_only_its_own_absence(
    watchers: list[tuple[Minutes, Minutes, Minutes]], wanted: int, whole: Minutes
) -> None:
    """Minute by minute, with nothing tolerated."""
    gap = frozenset(
        minute for minute in range(60) if sum(minute in w for w, _, _ in watchers) < wanted
    )
    expected = set()
    for minute in gap:
        left = [w for w in watchers if minute in w[1] and minute not in w[2]]
        is_any_exempt = any(minute in w[2] for w in watchers)
        do_what_they_can = sum(minute in w[0] for w in left) >= min(wanted, len(left))
        if minute in whole or (is_any_exempt and do_what_they_can):
            expected.add(minute)
    found = exemptions.excused(
        spans_of(gap),
        Duty(wanted, timedelta(0)),
        [Watcher(spans_of(w), spans_of(p), spans_of(e)) for w, p, e in watchers],
        whole=spans_of(whole),
    )
    assert found == spans_of(frozenset(expected))


@given(st.lists(watcher(), max_size=4), st.integers(1, 3), st.integers(0, 10), minutes, minutes)
def test_what_is_excused_and_what_is_not_are_the_gap(
    watchers: list[tuple[Minutes, Minutes, Minutes]],
    wanted: int,
    tolerated: int,
    gap: Minutes,
    whole: Minutes,
) -> None:
    found = exemptions.excused(
        spans_of(gap),
        Duty(wanted, tolerated * MINUTE),
        [Watcher(spans_of(w), spans_of(p), spans_of(e)) for w, p, e in watchers],
        whole=spans_of(whole),
    )
    rest = subtract(spans_of(gap), found)
    assert union(found, rest) == spans_of(gap)
    assert intersect(found, rest) == ()


def test_one_of_three_in_maintenance_excuses_nothing_while_the_others_are_silent() -> None:
    always = spans_of(frozenset(range(60)))
    silent = [Watcher((), always), Watcher((), always)]
    exempt = Watcher((), always, always)
    assert exemptions.excused(always, Duty(1, MINUTE), [exempt, *silent]) == ()


def test_the_only_device_in_maintenance_excuses_its_zone() -> None:
    always = spans_of(frozenset(range(60)))
    assert exemptions.excused(always, Duty(1, MINUTE), [Watcher((), always, always)]) == always


def test_a_tolerated_hole_of_the_others_changes_nothing() -> None:
    always = spans_of(frozenset(range(60)))
    others = subtract(always, ((T0 + 10 * MINUTE, T0 + 11 * MINUTE),))
    watchers = [Watcher((), always, always), Watcher(others, always)]
    assert exemptions.excused(always, Duty(2, MINUTE), watchers) == always


def part(start: float, now: float, *exempt: tuple[int, float, float]) -> Part:
    return Part(
        (at(start), at(now)),
        MINUTE,
        tuple((number, ((at(since), at(until)),)) for number, since, until in exempt),
    )


def test_nobody_is_told_of_what_lies_wholly_within() -> None:
    assert exemptions.kept_quiet_by([part(1, 2, (7, 0, 3))]) == 7


def test_a_device_unplugged_at_the_stroke_of_the_hour_was_heard_a_little_before() -> None:
    begun = part(1 - 0.01, 2, (7, 1, 3))
    assert exemptions.kept_quiet_by([begun]) == 7


def test_what_began_well_before_is_told() -> None:
    assert exemptions.kept_quiet_by([part(0.5, 2, (7, 1, 3))]) is None


def test_one_gap_outside_tells_the_whole_incident() -> None:
    parts = [part(1, 2, (7, 0, 3)), part(1, 2)]
    assert exemptions.kept_quiet_by(parts) is None


def test_windows_that_touch_are_one_time() -> None:
    assert exemptions.kept_quiet_by([part(1, 4, (7, 0, 3), (8, 3, 5))]) == 8


def test_who_comes_back_in_a_tolerated_moment_after_the_end_is_not_told_of() -> None:
    moment = MINUTE / HOUR
    assert exemptions.kept_quiet_by([part(1, 3 + moment, (7, 0, 3))]) == 7
    assert exemptions.kept_quiet_by([part(1, 3 + 2 * moment, (7, 0, 3))]) is None


def test_a_gap_just_begun_needs_an_exemption_to_be_kept_quiet() -> None:
    assert exemptions.kept_quiet_by([part(1, 1 + MINUTE / HOUR)]) is None
    assert exemptions.kept_quiet_by([]) is None


def test_a_mute_holds_for_what_began_before_it() -> None:
    assert exemptions.muted_by([part(0, 4, (7, 3, 5))], at(4)) == 7
    assert exemptions.muted_by([part(0, 4, (7, 3, 5)), part(0, 4)], at(4)) is None
    assert exemptions.muted_by([], at(4)) is None


def test_the_ladder_counts_from_the_end_of_the_exemption() -> None:
    over = approved(Window(at(1), at(3)))
    revoked = approved(Window(at(1), at(3)), ended_at=at(2))
    assert exemptions.why_released(over, at(4)) is Released.OVER
    assert exemptions.released_at(over, at(4)) == at(3)
    assert exemptions.why_released(revoked, at(2.5)) is Released.ENDED
    assert exemptions.released_at(revoked, at(2.5)) == at(2)


def test_what_outgrows_its_exemption_counts_from_then() -> None:
    lasting = approved(Window(at(1), at(5)))
    assert exemptions.why_released(lasting, at(2)) is Released.OUTGROWN
    assert exemptions.released_at(lasting, at(2)) == at(2)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 200)), max_size=3),
       st.lists(st.tuples(st.integers(0, 300), st.integers(1, 100)), max_size=4),
       st.integers(0, 30))  # fmt: skip
def test_what_counts_of_gaps_is_what_no_exemption_covers(
    gaps: list[tuple[int, int]], windows: list[tuple[int, int]], tolerance: int
) -> None:
    """Second by second; a rest that would be tolerated is none."""
    second = timedelta(seconds=1)
    exempt = tuple((n, ((T0 + a * second, T0 + (a + long) * second),))
                   for n, (a, long) in enumerate(windows))  # fmt: skip
    parts, dark = [], set[int]()
    for begin, length in gaps:
        gap = (T0 + begin * second, T0 + (begin + length) * second)
        parts.append(Part(gap, tolerance * second, exempt))
        run: set[int] = set()
        for at_s in range(begin, begin + length + 1):
            if at_s < begin + length and not any(a <= at_s < a + n for a, n in windows):
                run.add(at_s)
                continue
            dark |= run if len(run) > tolerance else set()
            run = set()
    assert exemptions.counted(parts) == len(dark) * second
