"""What must hold of the policy: the two written tables, the laws behind them, and of scopes."""

import csv
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Final

HERE: Final = Path(__file__).parent
#: Each takes a policy as a module, so that one can be tried that is not ours.
Expectation = Callable[[ModuleType], None]

#: DOMAIN §4: no active users (districts), a form for everybody, or an agency's grant.
NOTHING_AT_ALL: Final = (
    "CHILD", "GUARDIAN", "DISTRICT_OFFICER", "MINISTRY", "HOTLINE_111", "MEDIA", "PUBLIC",
)  # fmt: skip
#: DOMAIN §4: the administrator has no content access.
NAMES_PEOPLE: Final = (
    "see_documents", "see_people", "see_actors", "see_addresses", "see_grants",
    "request_export", "approve_export", "see_access_log",
)  # fmt: skip
#: A decision of an authority, which no technician takes in its place.
DECIDES: Final = (
    "license_facility", "approve_camera", "propose_grant", "approve_grant",
    "request_exception", "approve_exception", "approve_export",
)  # fmt: skip


def written(name: str) -> Iterator[Mapping[str, str]]:
    with (HERE / name).open(newline="") as lines:
        for row in csv.DictReader(lines, skipinitialspace=True):
            yield {key.strip(): (value or "").strip() for key, value in row.items()}


def _may(policy: ModuleType, role: str) -> set[str]:
    return {str(action) for action in policy.POLICY[policy.Role(role)]}


def each_role_may_do_what_is_written(policy: ModuleType) -> None:
    rows = {row["action"]: row for row in written("actions.csv")}
    assert rows.keys() == {str(action) for action in policy.Action}
    roles = {str(role) for role in policy.Role}
    assert {str(role) for role in policy.POLICY} == roles
    for row in rows.values():
        assert row.keys() - {"action"} == roles
    for role in roles:
        assert _may(policy, role) == {action for action, row in rows.items() if row[role] == "x"}


def each_role_is_held_and_given_as_is_written(policy: ModuleType) -> None:
    rows = {row["role"]: row for row in written("roles.csv")}
    assert rows.keys() == {str(role) for role in policy.Role}
    for role in policy.Role:
        row = rows[str(role)]
        longest = row["longest_days"]
        lasts = timedelta(days=int(longest)) if longest else None
        assert sorted(policy.HELD_AT.get(role, ())) == sorted(row["held_at"].split())
        assert sorted(policy.DELEGATION.get(role, ())) == sorted(row["gives"].split())
        assert policy.LONGEST.get(role) == lasts
        assert (role in policy.NEEDS_SECOND_FACTOR) == (row["second_factor"] == "x")


def some_roles_may_do_nothing(policy: ModuleType) -> None:
    assert [role for role in NOTHING_AT_ALL if _may(policy, role)] == []


def administrators_see_nobody_and_decide_nothing(policy: ModuleType) -> None:
    assert _may(policy, "SYS_ADMIN") & {*NAMES_PEOPLE, *DECIDES} == set()


def whoever_changes_or_watches_something_sees_that_it_is_there(policy: ModuleType) -> None:
    # The log and the grants are of their own; everything else hangs on a facility.
    own = {"see_actors", "see_grants", "see_access_log"}
    for role in policy.Role:
        may = _may(policy, role)
        assert "see" in may or may <= own
        assert "watch" in may or not may & {"acknowledge", "see_quarantine", "see_addresses"}


def nobody_gives_what_reaches_further_than_their_own_place(policy: ModuleType) -> None:
    order = ["facility", "commune", "province", "everywhere"]
    for giver, given in policy.DELEGATION.items():
        reach = max(order.index(kind) for kind in policy.HELD_AT[giver])
        for role in given:
            assert min(order.index(kind) for kind in policy.HELD_AT[role]) <= reach


# -- scopes ---------------------------------------------------------------------------------


def scopes_are_what_a_naive_reading_finds(policy: ModuleType) -> None:
    chance = random.Random(4)  # noqa: S311 - the same worlds each time
    for _ in range(60):
        children_of = _forest(chance)
        held = [_assignment(policy, chance) for _ in range(chance.randrange(4))]
        for action in policy.Action:
            found = policy.scope_of(held, action, children_of=children_of)
            granting = [one for one in held if action in policy.POLICY[one.role]]
            _agree(found, granting, children_of)


def _forest(chance: random.Random) -> dict[int, Sequence[int]]:
    """Units 1 to 9; a parent always has the lower number."""
    below: dict[int, list[int]] = {}
    for unit in range(2, 10):
        if chance.random() < 0.8:
            below.setdefault(chance.randrange(1, unit), []).append(unit)
    return {unit: tuple(units) for unit, units in below.items()}


def _assignment(policy: ModuleType, chance: random.Random) -> Any:
    role = chance.choice(list(policy.Role))
    kind = chance.randrange(8)
    if kind == 0:
        return policy.Assignment(role)
    place = "facility_id" if kind < 4 else "admin_unit_id"
    return policy.Assignment(role, **{place: chance.randrange(1, 10)})


def _agree(found: Any, granting: Sequence[Any], children_of: Mapping[int, Sequence[int]]) -> None:
    """By asking of each facility and unit alone, and of each role on its own."""
    for unit in range(11):
        above = _self_and_above(unit, children_of)
        is_in_unit = any(_is_everywhere(one) or one.admin_unit_id in above for one in granting)
        assert found.covers_unit(unit) is is_in_unit
        for facility in range(11):
            is_in = is_in_unit or any(one.facility_id == facility for one in granting)
            assert found.covers(facility_id=facility, admin_unit_id=unit) is is_in
    assert found.is_nowhere is (not granting)
    assert found.is_everywhere is any(_is_everywhere(one) for one in granting)
    for ids in (found.admin_unit_ids, found.facility_ids):
        assert list(ids) == sorted(set(ids))


def _is_everywhere(one: Any) -> bool:
    is_placed = one.facility_id is not None or one.admin_unit_id is not None
    return not is_placed


def _self_and_above(unit: int, children_of: Mapping[int, Sequence[int]]) -> set[int]:
    found = {unit}
    for parent in sorted(children_of, reverse=True):
        if found & set(children_of[parent]):
            found.add(parent)
    return found


def units_in_a_ring_end_the_search(policy: ModuleType) -> None:
    """No data should have one; whoever asks must get an answer all the same."""
    ring = {1: _Counted([2]), 2: _Counted([3]), 3: _Counted([1, 1])}
    held = [policy.Assignment(policy.Role.COMMUNE_CPO, admin_unit_id=2)]
    scope = policy.scope_of(held, policy.Action.SEE, children_of=ring)
    assert scope == policy.Scope(admin_unit_ids=(1, 2, 3))


class _Counted(list[int]):
    """Fails whoever walks around for ever."""

    rounds = 0

    def __iter__(self) -> Iterator[int]:
        self.rounds += 1
        assert self.rounds < 10
        return super().__iter__()


def a_new_scope_is_nowhere_and_cannot_be_changed(policy: ModuleType) -> None:
    scope = policy.Scope()
    assert scope.is_nowhere
    assert not scope.covers(facility_id=0, admin_unit_id=0)
    for value in (scope, policy.Assignment(policy.Role.POLICE)):
        assert value.__dataclass_params__.frozen
        assert not hasattr(value, "__dict__")


EXPECTATIONS: Final[tuple[Expectation, ...]] = (
    each_role_may_do_what_is_written,
    each_role_is_held_and_given_as_is_written,
    some_roles_may_do_nothing,
    administrators_see_nobody_and_decide_nothing,
    whoever_changes_or_watches_something_sees_that_it_is_there,
    nobody_gives_what_reaches_further_than_their_own_place,
    a_new_scope_is_nowhere_and_cannot_be_changed,
    units_in_a_ring_end_the_search,
    scopes_are_what_a_naive_reading_finds,
)
