"""As `test_incidents.py` for devices and facilities: gateways, lines, mains and rounds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.causes import (
    Finding,
    Told,
    cause_of,
    facility_cause,
    fault_of,
    is_wider,
    pieces,
    widest,
)
from shared.domain.incidents import Lapse, Witness
from shared.domain.places import DeviceKind
from shared.domain.states import Cause, Hint, WatchState

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
LASTING = Lapse(1, NOON, NOON + timedelta(seconds=60), is_ongoing=True)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def device(
    *, until_s: float, zone: int = 1, gateway: int | None = None,
    kind: DeviceKind = DeviceKind.CAMERA,
) -> Witness:  # fmt: skip
    return Witness(
        zone, timedelta(seconds=12), at(-9999), ((at(-900), at(until_s)),), kind=kind,
        gateway_id=gateway,
    )  # fmt: skip


GONE = device(until_s=0, gateway=7)
HEARD = device(until_s=58, zone=2)


def test_all_behind_a_gateway_is_the_gateway_if_others_are_heard() -> None:
    others = [device(until_s=n, zone=3, gateway=7) for n in range(3)]
    assert cause_of(LASTING, [GONE, *others, HEARD]) == Finding(Cause.GATEWAY_SILENT, 7)


def test_one_that_is_heard_through_it_clears_the_gateway() -> None:
    other = device(until_s=58, zone=3, gateway=7)
    assert cause_of(LASTING, [GONE, other, HEARD]).cause is Cause.DEVICE_SILENT


def test_a_gateway_of_one_device_cannot_be_told_from_it() -> None:
    assert cause_of(LASTING, [GONE, HEARD]).cause is Cause.DEVICE_SILENT


def test_a_gateway_without_which_the_zone_would_still_be_unwatched_is_not_why() -> None:
    two_needed = Lapse(1, NOON, at(60), is_ongoing=True, min_devices=2)
    own = device(until_s=0)
    assert cause_of(two_needed, [GONE, own, device(until_s=0, zone=3, gateway=7), HEARD]).cause is (
        Cause.DEVICE_SILENT
    )


@pytest.mark.parametrize(
    ("hint", "since_s", "cause"),
    [
        (Hint.POWER_FAILURE, -3600, Cause.FACILITY_POWER),
        (Hint.POWER_FAILURE, -5 * 3600, Cause.FACILITY_SILENT),
        (Hint.LINK_LOST, -300, Cause.FACILITY_LINK),
        (Hint.BRIDGE_OFFLINE, 90, Cause.FACILITY_LINK),
        (Hint.LINK_LOST, -3600, Cause.FACILITY_SILENT),
        (Hint.LINK_LOST, 300, Cause.FACILITY_SILENT),
        (Hint.OFFLINE, 0, Cause.FACILITY_SILENT),
    ],
)
def test_what_was_told_around_the_silence_says_why(
    hint: Hint, since_s: float, cause: Cause
) -> None:
    assert facility_cause(LASTING, [Told(hint, at(since_s))]) is cause


def test_mains_that_failed_explain_the_line_that_is_lost() -> None:
    told = [Told(Hint.LINK_LOST, NOON), Told(Hint.POWER_FAILURE, at(-60))]
    assert facility_cause(LASTING, told) is Cause.FACILITY_POWER


def test_where_only_rounds_count_nobody_came_whatever_else_is_silent() -> None:
    point = device(until_s=0, kind=DeviceKind.ROUND_POINT)
    rounds = Lapse(1, NOON, at(60), True, 1, frozenset({DeviceKind.ROUND_POINT}))
    assert cause_of(rounds, [point, device(until_s=0)]).cause is Cause.ROUND_MISSED
    assert cause_of(LASTING, [point]).cause is Cause.ROUND_MISSED


def test_a_point_that_nobody_passed_does_not_make_its_facility_silent_or_heard() -> None:
    passed = device(until_s=58, zone=3, kind=DeviceKind.ROUND_POINT)
    assert cause_of(LASTING, [GONE, passed]).cause is Cause.FACILITY_SILENT


def test_the_fault_that_was_told_of_the_longest_is_the_pictures() -> None:
    faults = {
        WatchState.DARK: ((at(-500), at(10)),),
        WatchState.COVERED: ((at(5), at(60)),),
    }
    assert fault_of(faults, NOON, at(60)) is WatchState.COVERED
    assert fault_of({}, NOON, at(60)) is None


def test_a_facility_is_wider_than_a_gateway_and_that_than_a_device() -> None:
    order = [
        Finding(Cause.DEVICE_SILENT),
        Finding(Cause.GATEWAY_SILENT, 7),
        Finding(Cause.FACILITY_SILENT),
        Finding(Cause.FACILITY_POWER),
    ]
    assert all(is_wider(one, other) for one, other in pairwise(order))
    assert widest(reversed(order)) == order[-1]
    assert not is_wider(Finding(Cause.PICTURE), order[-1])
    assert order[2].kin == order[3].kin


def lapse(zone: int, start_s: float, *, min_devices: int = 1) -> Lapse:
    return Lapse(zone, at(start_s), at(120), is_ongoing=True, min_devices=min_devices)


def pieces_of(*lapses: Lapse, heard: list[Witness]) -> dict[int, Finding]:
    found = pieces(dict(enumerate(lapses)), heard)
    return {number: piece.whole for number, piece in found.items()}


def test_a_piece_fell_when_the_last_did_whether_that_is_a_gap_yet_or_not() -> None:
    heard = [device(until_s=0), device(until_s=20, zone=2), device(until_s=40, zone=3)]
    found = pieces({1: lapse(1, 0), 2: lapse(2, 20)}, heard)
    assert {piece.fell_at for piece in found.values()} == {at(40)}
    blind = ((at(41), at(100)),)
    unseen = {n: replace(lapse(n, 100), blind=blind, end_at=at(161)) for n in (1, 2)}
    assert {piece.fell_at for piece in pieces(unseen, heard).values()} == {at(100)}


def test_two_rooms_of_a_facility_of_which_nobody_is_heard_any_more_are_pieces_of_it() -> None:
    heard = [device(until_s=0), device(until_s=20, zone=2), device(until_s=40, zone=3)]
    facility = Finding(Cause.FACILITY_SILENT)
    rooms = lapse(1, 0), lapse(2, 20)
    assert pieces_of(*rooms, heard=heard) == {0: facility, 1: facility}
    assert pieces_of(rooms[1], rooms[0], heard=heard[::-1]) == {0: facility, 1: facility}
    assert pieces_of(*rooms, heard=[*heard[:2], device(until_s=118, zone=3)]) == {}


def test_one_room_alone_proves_nothing() -> None:
    heard = [device(until_s=0), device(until_s=20, zone=2)]
    assert pieces_of(lapse(1, 0), heard=heard) == {}
    assert pieces_of(lapse(1, 0), lapse(1, 10), heard=heard) == {}


def test_a_room_that_was_dark_an_hour_before_is_no_piece() -> None:
    heard = [device(until_s=-800), *(device(until_s=0, zone=zone) for zone in (2, 3, 4))]
    found = pieces_of(lapse(1, -800), lapse(2, 0), lapse(3, 0), heard=heard)
    assert set(found) == {1, 2}


def test_rooms_behind_a_gateway_are_pieces_of_it_while_others_are_heard() -> None:
    behind = [device(until_s=20 * zone, zone=zone, gateway=7) for zone in (1, 2, 3)]
    heard = [*behind, device(until_s=118, zone=4), device(until_s=20, zone=5)]
    gateway = Finding(Cause.GATEWAY_SILENT, 7)
    rooms = lapse(1, 20), lapse(2, 40), lapse(5, 20)
    assert pieces_of(*rooms, heard=heard) == {0: gateway, 1: gateway}


def test_a_room_that_a_gateway_does_not_explain_is_no_piece_of_it() -> None:
    behind = [device(until_s=20 * zone, zone=zone, gateway=7) for zone in (1, 2)]
    heard = [*behind, device(until_s=0, zone=2), device(until_s=118, zone=4)]
    assert pieces_of(lapse(1, 20), lapse(2, 0, min_devices=2), heard=heard) == {}


def test_a_point_on_a_round_keeps_no_facility_from_falling() -> None:
    passed = device(until_s=118, zone=3, kind=DeviceKind.ROUND_POINT)
    heard = [device(until_s=0), device(until_s=20, zone=2), passed]
    assert len(pieces_of(lapse(1, 0), lapse(2, 20), heard=heard)) == 2


@given(
    st.lists(st.tuples(st.integers(-500, 100), st.sampled_from([None, 7, 8])), max_size=6),
    st.permutations(range(6)),
)
def test_neither_order_nor_company_changes_what_a_room_is_a_piece_of(
    devices: list[tuple[int, int | None]], order: list[int]
) -> None:
    """Each in a room of its own. Room by room it is as it is for all."""
    heard = [device(until_s=a, zone=n, gateway=g) for n, (a, g) in enumerate(devices)]
    rooms = {n: lapse(n, a) for n, (a, _) in enumerate(devices)}
    found = pieces(rooms, heard)
    shuffled = {n: rooms[n] for n in order if n in rooms}
    assert pieces(shuffled, [heard[n] for n in shuffled]) == found
    assert all(found.get(n) in {None, *found.values()} for n in rooms)
    for number, piece in found.items():
        beside = [n for n in found if n != number and found[n].whole == piece.whole]
        assert any(
            pieces({n: rooms[n] for n in (number, other)}, heard).get(number) == piece
            for other in beside
        )
