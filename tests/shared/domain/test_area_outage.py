from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.access import Role
from shared.domain.area_outage import (
    FEWEST,
    RETURNING,
    WITHIN,
    SilentFacility,
    is_mostly_over,
    is_told_by_parent,
    outages,
)

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
PROVINCE, OTHER = 100, 200
#: Five facilities in each of four communes; communes 1 and 2 lie in the one province.
WATCHED = {1: 5, 2: 5, 3: 5, 4: 5, PROVINCE: 10, OTHER: 10}


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def silent(number: int, commune: int, since_s: float = 0) -> SilentFacility:
    province = PROVINCE if commune in {1, 2} else OTHER
    return SilentFacility(number, at(since_s), (commune, province))


def test_most_of_a_commune_is_the_communes_outage() -> None:
    (area,) = outages([silent(n, 1, n) for n in range(3)], WATCHED)
    assert (area.unit_id, area.since_at, area.incident_ids) == (1, NOON, (0, 1, 2))


def test_most_of_a_province_is_one_outage_not_one_a_commune() -> None:
    everywhere = [silent(n, 1 + n % 2) for n in range(8)]
    (area,) = outages(everywhere, WATCHED)
    assert (area.unit_id, len(area.incident_ids)) == (PROVINCE, 8)


def test_a_commune_in_a_province_that_is_well_is_its_own() -> None:
    (area,) = outages([*(silent(n, 1) for n in range(4)), silent(9, 2)], WATCHED)
    assert (area.unit_id, area.incident_ids) == (1, (0, 1, 2, 3))


def test_half_is_not_most_and_two_are_too_few() -> None:
    assert outages([silent(n, 1) for n in range(3)], {**WATCHED, 1: 6}) == ()
    assert outages([silent(n, 1) for n in range(2)], {1: 2, PROVINCE: 2}) == ()


def test_what_fell_silent_one_after_the_other_did_not_fall_silent_together() -> None:
    assert outages([silent(n, 1, 200 * n) for n in range(5)], WATCHED) == ()


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 600)), max_size=20))
def test_every_outage_is_one_by_its_own_rule(facilities: list[tuple[int, int]]) -> None:
    known = [silent(n, commune, since) for n, (commune, since) in enumerate(facilities)]
    areas = outages(known, WATCHED)
    members = [number for area in areas for number in area.incident_ids]
    assert len(members) == len(set(members)), "nobody is in two"
    for area in areas:
        inside = [known[number] for number in area.incident_ids]
        assert all(area.unit_id in one.units for one in inside)
        assert len(inside) >= FEWEST
        assert 2 * len(inside) > WATCHED[area.unit_id]
        moments = [one.since_at for one in inside]
        assert max(moments) - min(moments) <= WITHIN
        assert area.since_at == min(moments)


@given(
    st.lists(st.none() | st.integers(0, 600), max_size=12),
    st.integers(0, 1200),
)
def test_it_is_over_when_most_have_been_back_for_a_while(
    ended: list[int | None], now_s: int
) -> None:
    long_ago = now_s - RETURNING.total_seconds()
    back = sum(one is not None and one <= long_ago for one in ended)
    moments = [None if one is None else at(one) for one in ended]
    assert is_mostly_over(moments, now=at(now_s)) is (2 * back > len(ended))


def test_who_answers_for_a_facility_is_always_told_of_it() -> None:
    assert not is_told_by_parent(Role.FACILITY_MANAGER)
    assert all(map(is_told_by_parent, (Role.COMMUNE_CPO, Role.DEPT_OFFICER, Role.SYS_ADMIN)))
