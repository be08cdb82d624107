from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.access import Role
from shared.domain.escalation import DEFAULT_LADDER, PLATFORM_LADDER, Rung
from shared.domain.ladders import (
    STATUTORY_REPEAT,
    Case,
    Ladder,
    Taken,
    choose_ladder,
    done_first,
    in_order,
    plan,
    steps_done,
)
from shared.domain.office_hours import Hours
from shared.domain.states import Cause, Severity

#: Noon in Viet Nam on a Friday: nobody sits in an office.
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
RUNG = Rung(1, Role.FACILITY_MANAGER, timedelta(minutes=5))
CASE = Case(Severity.WARNING, Cause.DEVICE_SILENT, frozenset({"gate"}), 7, (30, 20, 10))


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def ladder(number: int, **said: object) -> Ladder:
    return replace(Ladder(f"{number}", (RUNG,), NOON, id=number), **said)  # type: ignore[arg-type]


def test_the_closest_counts_facility_before_nearest_unit_before_country() -> None:
    country, province = ladder(1), ladder(2, admin_unit_id=10)
    commune, facility = ladder(3, admin_unit_id=30), ladder(4, facility_id=7)
    known = [country, province, commune, facility]
    for best in (facility, commune, province, country):
        assert choose_ladder(known, CASE) == best
        known.remove(best)
    assert choose_ladder([], CASE) is None


def test_what_says_more_counts_only_among_the_equally_close() -> None:
    plain = ladder(1, admin_unit_id=20)
    severe = ladder(2, admin_unit_id=20, severity=Severity.WARNING)
    kind = ladder(3, admin_unit_id=20, zone_kind="gate")
    both = ladder(4, admin_unit_id=20, severity=Severity.WARNING, zone_kind="gate")
    far = ladder(5, severity=Severity.WARNING, zone_kind="gate")
    assert choose_ladder([far, plain, kind, severe, both], CASE) == both
    assert choose_ladder([far, plain, kind, severe], CASE) == severe
    assert choose_ladder([far, plain, kind], CASE) == kind
    assert choose_ladder([far, plain], CASE) == plain


def test_another_places_severitys_or_zones_ladder_is_not_climbed() -> None:
    foreign = [
        ladder(1, facility_id=8), ladder(2, admin_unit_id=31),
        ladder(3, severity=Severity.CRITICAL), ladder(4, zone_kind="kitchen"),
    ]  # fmt: skip
    assert choose_ladder(foreign, CASE) is None


def test_an_empty_ladder_is_a_mistake_and_the_next_one_counts() -> None:
    assert choose_ladder([ladder(1, facility_id=7, rungs=()), ladder(2)], CASE) == ladder(2)


any_ladder = st.builds(
    Ladder,
    key=st.just("k"),
    rungs=st.sampled_from([(RUNG,), ()]),
    valid_from=st.sampled_from([NOON, NOON - timedelta(days=1)]),
    id=st.integers(1, 50),
    severity=st.sampled_from([None, *Severity]),
    zone_kind=st.sampled_from([None, "gate", "kitchen"]),
    facility_id=st.sampled_from([None, None, 7, 8]),
    admin_unit_id=st.none(),
)
placed_ladder = any_ladder.flatmap(
    lambda one: st.sampled_from([None, 10, 20, 30, 40]).map(
        lambda unit: one if one.facility_id else replace(one, admin_unit_id=unit)
    )
)


def _weight(one: Ladder) -> tuple[int, bool, datetime, int]:
    said = bool(one.severity) + bool(one.zone_kind)
    return said, bool(one.severity), one.valid_from, one.id or 0


@given(st.lists(placed_ladder, max_size=8, unique_by=lambda one: one.id), st.randoms())
def test_the_choice_is_that_of_the_plain_rule_in_any_order(
    known: list[Ladder], random: object
) -> None:
    """Place first, level by level; then the number of things said; then severity; then the age."""
    places: list[tuple[int | None, int | None]] = [
        (7, None), (None, 30), (None, 20), (None, 10), (None, None),
    ]  # fmt: skip
    fitting = [
        one for one in known
        if one.rungs and one.severity in {None, Severity.WARNING}
        and one.zone_kind in {None, "gate"}
    ]  # fmt: skip
    nearest = [
        here
        for place in places
        if (here := [one for one in fitting if (one.facility_id, one.admin_unit_id) == place])
    ]
    expected = max(nearest[0], key=_weight) if nearest else None
    shuffled = list(known)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose_ladder(shuffled, CASE) == expected


def test_a_rung_that_waits_for_the_office_lets_others_by() -> None:
    office = Rung(1, Role.DEPT_OFFICER, minutes(5), hours=Hours.OFFICE)
    night = Rung(2, Role.COMMUNE_CPO, minutes(15), hours=Hours.OFF_HOURS)
    last = Rung(3, Role.DEPT_OFFICER, minutes(30))
    turns = in_order([office, night, last], NOON)
    assert [turn.rung for turn in turns] == [night, last, office]
    assert turns[2].due_at == datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


rungs = st.lists(
    st.builds(
        Rung,
        st.integers(1, 4),
        st.sampled_from([Role.FACILITY_MANAGER, Role.COMMUNE_CPO]),
        st.integers(0, 120).map(minutes),
        hours=st.sampled_from(Hours),
    ),
    max_size=5,
)


@given(rungs)
def test_each_rung_has_one_turn_never_before_its_time_nor_out_of_its_hours(
    given: list[Rung],
) -> None:
    turns = in_order(given, NOON)
    assert sorted(map(repr, given)) == sorted(repr(turn.rung) for turn in turns)
    assert all(turn.due_at >= NOON + turn.rung.after for turn in turns)
    assert [turn.due_at for turn in turns] == sorted(turn.due_at for turn in turns)
    always = [turn.rung for turn in turns if turn.rung.hours is Hours.ANY]
    assert always == sorted(always, key=lambda rung: (rung.number, rung.after))


def test_no_ladder_on_record_means_the_usual_one() -> None:
    assert tuple(t.rung for t in plan(None, CASE, NOON).turns) == DEFAULT_LADDER


def test_what_is_about_ourselves_is_our_administrators_at_once() -> None:
    for cause in (Cause.PLATFORM_BLIND, Cause.DELIVERY_FAILED):
        own = plan(ladder(1), replace(CASE, cause=cause), NOON, hold=timedelta(0))
        assert tuple(turn.rung for turn in own.turns) == PLATFORM_LADDER
        assert own.turns[0].due_at == NOON


def test_of_an_area_outage_operators_hear_by_the_child_and_authorities_by_the_parent() -> None:
    child = plan(None, replace(CASE, is_child=True), NOON)
    assert [turn.rung.role for turn in child.turns] == [Role.FACILITY_MANAGER]
    parent = plan(None, replace(CASE, cause=Cause.AREA_OUTAGE), NOON)
    assert [t.rung.role for t in parent.turns] == [Role.COMMUNE_CPO, Role.DEPT_OFFICER]
    assert child.key != plan(None, CASE, NOON).key


def test_statutory_gaps_are_repeated_whatever_the_ladder_says() -> None:
    often = replace(RUNG, repeat=minutes(5))
    severe = replace(CASE, severity=Severity.CRITICAL)
    both = plan(ladder(1, rungs=(RUNG, replace(often, number=2))), severe, NOON)
    assert [turn.rung.repeat for turn in both.turns] == [STATUTORY_REPEAT, minutes(5)]
    assert [turn.rung.repeat for turn in plan(None, CASE, NOON).turns] == [None] * 3


def test_on_another_ladder_who_was_told_in_a_role_is_not_told_in_it_again() -> None:
    turns = plan(None, CASE, NOON).turns
    taken = [Taken("another", 4, Role.COMMUNE_CPO)]
    assert steps_done(turns, "usual/warning", taken) == 1
    left = done_first(turns, "usual/warning", taken)
    assert [turn.rung.role for turn in left] == [
        Role.COMMUNE_CPO, Role.FACILITY_MANAGER, Role.DEPT_OFFICER,
    ]  # fmt: skip


@given(rungs, st.integers(0, 5))
def test_on_the_same_ladder_what_was_taken_in_order_is_what_comes_first(
    given: list[Rung], count: int
) -> None:
    turns = in_order(given, NOON)
    taken = [Taken("k", turn.rung.number, turn.rung.role) for turn in turns[:count]]
    assert steps_done(turns, "k", taken) == min(count, len(turns))
    first = [(t.rung.number, t.rung.role) for t in done_first(turns, "k", taken)]
    assert first[:count] == [(one.number, one.role) for one in taken]


@given(
    st.sampled_from(Severity),
    st.booleans(),
    st.sampled_from([None, minutes(10), minutes(90)]),
)
def test_what_comes_and_goes_is_told_when_anything_is_and_reminded_seldom(
    severity: Severity,
    is_child: bool,  # noqa: FBT001 - drawn
    repeat: timedelta | None,
) -> None:
    own = ladder(
        1, rungs=(replace(RUNG, repeat=repeat), replace(RUNG, number=2, after=minutes(15)))
    )
    case = replace(CASE, severity=severity, is_child=is_child)
    holding = plan(own, case, NOON)
    unstable = plan(own, replace(case, is_unstable=True), NOON)
    assert [turn.due_at for turn in unstable.turns] == [turn.due_at for turn in holding.turns]
    assert unstable.key != holding.key
    for often, seldom in zip(holding.turns, unstable.turns, strict=True):
        least = often.rung.repeat and max(often.rung.repeat, minutes(60))
        assert seldom.rung.repeat == least
