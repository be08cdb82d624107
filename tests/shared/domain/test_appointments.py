from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.access import (
    DELEGATION,
    HELD_AT,
    LONGEST,
    POLICY,
    Action,
    Assignment,
    PlaceKind,
    Role,
)
from shared.domain.appointments import (
    Refusal,
    Term,
    Where,
    is_last,
    may_give,
    roles_to_give,
    why_not,
    why_not_until,
)

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
#: Province 1 with communes 2 and 3, province 4 with commune 5; a facility n lies in commune n.
CHILDREN = {1: (2, 3), 4: (5,)}
PARENT = {2: 1, 3: 1, 5: 4}
PLACES = [
    Where(PlaceKind.EVERYWHERE),
    *(Where(PlaceKind.PROVINCE, admin_unit_id=unit) for unit in (1, 4)),
    *(Where(PlaceKind.COMMUNE, admin_unit_id=unit) for unit in (2, 3, 5)),
    *(Where(PlaceKind.FACILITY, facility_id=unit, admin_unit_id=unit) for unit in (2, 3, 5)),
]
HELD = [
    Assignment(role, *place)
    for role in Role
    for place in ((None, None), (None, 1), (None, 2), (None, 4), (2, None), (5, None))
]


def naive(own: Assignment, role: Role, where: Where) -> bool:
    """By the words of the table: it may be given by this role, and lies in its place."""
    if Action.MANAGE_PEOPLE not in POLICY[own.role] or role not in DELEGATION.get(own.role, ()):
        return False
    if own.facility_id is not None:
        return where.kind is PlaceKind.FACILITY and where.facility_id == own.facility_id
    if own.admin_unit_id is not None:
        unit = where.admin_unit_id
        return unit is not None and own.admin_unit_id in {unit, PARENT.get(unit)}
    return True


@given(st.lists(st.sampled_from(HELD), max_size=4), st.sampled_from(Role), st.sampled_from(PLACES))
def test_a_role_is_given_by_one_who_may_give_it_there(
    held: list[Assignment], role: Role, where: Where
) -> None:
    assert may_give(held, role, where, children_of=CHILDREN) == any(
        naive(own, role, where) for own in held
    )


def test_two_roles_do_not_add_up_to_a_third() -> None:
    """A department elsewhere and a chair here: what a department gives is not theirs here."""
    held = [Assignment(Role.DEPT_OFFICER, None, 4), Assignment(Role.COMMUNE_CHAIR, None, 2)]
    commune = Where(PlaceKind.COMMUNE, admin_unit_id=2)
    assert may_give(held, Role.COMMUNE_CPO, commune, children_of=CHILDREN)
    assert not may_give(held, Role.INSPECTOR, commune, children_of=CHILDREN)


def test_what_may_be_given_is_the_sum_of_all_roles() -> None:
    held = [Assignment(Role.FACILITY_MANAGER, 2), Assignment(Role.COMMUNE_CHAIR, None, 2)]
    assert roles_to_give(held) == {Role.CAREGIVER, Role.SOCIAL_WORKER, Role.COMMUNE_CPO}
    assert roles_to_give([]) == frozenset()


@given(st.sampled_from(Role), st.sampled_from(PLACES))
def test_a_role_is_held_only_where_it_belongs(role: Role, where: Where) -> None:
    end = NOW + timedelta(days=7)
    term = Term(NOW, end, legal_basis="QĐ 12/2026", time_share_percent=50)
    refusal = why_not(role, where, term, now=NOW)
    assert (refusal is Refusal.WRONG_PLACE) == (where.kind not in HELD_AT.get(role, ()))
    assert refusal in {None, Refusal.WRONG_PLACE}


@given(
    st.sampled_from(sorted(HELD_AT)),
    st.integers(-10, 400),
    st.one_of(st.none(), st.integers(-20, 800)),
)
def test_a_term_lies_ahead_and_is_no_longer_than_allowed(
    role: Role, begins: int, ends: int | None
) -> None:
    valid_from = NOW + timedelta(days=begins)
    valid_to = None if ends is None else NOW + timedelta(days=ends)
    place = next(where for where in PLACES if where.kind in HELD_AT[role])
    term = Term(valid_from, valid_to, legal_basis="QĐ 12/2026", time_share_percent=50)
    longest = LONGEST.get(role)
    is_fine = begins >= 0 and (
        longest is None if ends is None
        else ends > begins and (longest is None or timedelta(days=ends - begins) <= longest)
    )  # fmt: skip
    assert (why_not(role, place, term, now=NOW) is None) == is_fine


def test_a_commune_officer_is_appointed_by_law_and_with_a_share_of_time() -> None:
    commune = Where(PlaceKind.COMMUNE, admin_unit_id=2)
    for term in (Term(NOW), Term(NOW, legal_basis="QĐ 1"), Term(NOW, time_share_percent=50)):
        assert why_not(Role.COMMUNE_CPO, commune, term, now=NOW) is Refusal.NEEDS_BASIS


def test_an_end_may_be_moved_but_not_into_the_past() -> None:
    began = NOW - timedelta(days=30)
    yesterday, tomorrow = NOW - timedelta(days=1), NOW + timedelta(days=1)
    told = [
        why_not_until(Role.CAREGIVER, began, until, now=NOW)
        for until in (None, tomorrow, NOW, yesterday, began)
    ]
    assert told == [None, None, None, Refusal.IN_THE_PAST, Refusal.ENDS_BEFORE_IT_BEGINS]
    assert why_not_until(Role.POLICE, began, tomorrow, now=NOW) is None
    later = NOW + timedelta(days=2)
    assert why_not_until(Role.POLICE, began, later, now=NOW) is Refusal.TOO_LONG


@pytest.mark.parametrize("role", Role)
def test_only_the_last_administrator_is_irreplaceable(role: Role) -> None:
    assert is_last(role, others=0) == (role is Role.SYS_ADMIN)
    assert not is_last(role, others=1)
