"""As `test_incidents.py` for devices and facilities: gateways, lines, mains and rounds."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from shared.domain.causes import (
    Finding,
    Told,
    cause_of,
    facility_cause,
    fault_of,
    is_wider,
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
