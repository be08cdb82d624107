from services.api.units.importing.sheets import read
from services.cli.demo.province import (
    FACILITIES,
    LAY_BEFORE,
    MERGED_ON,
    VACANT,
    officers_elsewhere,
    people,
)
from shared.data.units import shipped
from shared.domain.access import POLICY, Role
from shared.domain.jurisdiction import LEVEL_OF, Level
from shared.domain.places import may_hold


def test_no_camera_looks_into_a_private_room() -> None:
    for place in FACILITIES:
        for room in place.zones:
            assert all(may_hold(room.kind, device.kind) for device in room.devices)


def test_codes_are_unique_within_their_facility() -> None:
    for place in FACILITIES:
        codes = [device.code for device in place.devices] + [room.code for room in place.zones]
        assert len(codes) == len(set(codes))


def test_every_role_that_may_do_anything_is_held_by_somebody() -> None:
    held = {person.role for person in people()}
    # The administrator comes with the installation; the police come for a request, and go.
    assert held == {role for role in Role if POLICY[role]} - {Role.SYS_ADMIN, Role.POLICE}


def communes() -> set[str]:
    """Of today."""
    units = read(shipped()).units
    return {u.code for u in units if LEVEL_OF[u.kind] is Level.COMMUNE and u.valid_to is None}


def test_every_facility_has_a_manager_and_every_commune_but_two_an_officer() -> None:
    cast = [*people(), *officers_elsewhere(communes())]
    managed = {person.facility for person in cast if person.role is Role.FACILITY_MANAGER}
    looked_after = [str(person.unit) for person in cast if person.role is Role.COMMUNE_CPO]
    assert managed == {place.code for place in FACILITIES}
    assert sorted(looked_after) == sorted(communes() - set(VACANT))


def test_facilities_lie_in_communes_that_follow_those_in_which_they_lay() -> None:
    followed = {s.from_code: s.to_code for s in read(shipped()).successions}
    homes = {place.code: place.unit for place in FACILITIES}
    assert set(homes.values()) <= communes()
    assert {code: followed[old] for code, old in LAY_BEFORE.items()} == {
        code: homes[code] for code in LAY_BEFORE
    }
    assert {s.effective_on for s in read(shipped()).successions} == {MERGED_ON}


def test_both_kinds_of_facility_are_there() -> None:
    assert {place.ownership for place in FACILITIES} == {"public", "non_public"}
