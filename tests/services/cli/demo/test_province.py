from services.cli.demo.province import FACILITIES, UNITS, people
from shared.domain.access import Role
from shared.domain.places import may_hold


def test_no_camera_looks_into_a_private_room() -> None:
    for place in FACILITIES:
        for room in place.zones:
            assert all(may_hold(room.kind, device.kind) for device in room.devices)


def test_codes_are_unique_within_their_facility() -> None:
    for place in FACILITIES:
        codes = [device.code for device in place.devices] + [room.code for room in place.zones]
        assert len(codes) == len(set(codes))


def test_every_role_is_held_by_somebody() -> None:
    held = {person.role for person in people()}
    assert held == set(Role) - {Role.SYS_ADMIN}


def test_every_facility_has_a_manager_and_every_commune_an_officer() -> None:
    managed = {person.facility for person in people() if person.role is Role.FACILITY_MANAGER}
    looked_after = {person.unit for person in people() if person.role is Role.COMMUNE_CPO}
    assert managed == {place.code for place in FACILITIES}
    assert looked_after == {unit.code for unit in UNITS if unit.level == "commune"}


def test_both_kinds_of_facility_are_there() -> None:
    assert {place.ownership for place in FACILITIES} == {"public", "non_public"}
