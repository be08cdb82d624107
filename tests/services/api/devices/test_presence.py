from datetime import UTC, datetime, timedelta

from services.api.devices.presence import Condition, state_now
from shared.domain.states import Hint, SecondState, WatchState

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def state(
    heard_s: float | None,
    *,
    was: WatchState = WatchState.OK,
    registered_s: float = 1000,
    seen_s: float | None = 1,
    conditions: tuple[Condition, ...] = (),
) -> SecondState:
    """Of a device with an interval of 30 s, so with a patience of 36 s."""
    return state_now(
        last=None if heard_s is None else (ago(heard_s), was),
        since=ago(registered_s),
        patience=timedelta(seconds=36),
        seen_until=None if seen_s is None else ago(seen_s),
        now=NOW,
        conditions=conditions,
    )


def test_device_heard_in_time_is_covered_or_impaired() -> None:
    assert state(30) is SecondState.COVERED
    assert state(30, was=WatchState.DARK) is SecondState.IMPAIRED


def test_device_silent_beyond_its_rhythm_is_a_gap() -> None:
    assert state(36) is SecondState.COVERED
    assert state(38) is SecondState.GAP
    assert state(None) is SecondState.GAP


def test_new_device_is_unknown_until_its_first_heartbeat_is_due() -> None:
    assert state(None, registered_s=20) is SecondState.UNKNOWN


def test_nothing_is_known_while_the_platform_is_blind() -> None:
    assert state(1, seen_s=31) is SecondState.UNKNOWN
    assert state(1, seen_s=None) is SecondState.UNKNOWN


def test_what_hangs_on_a_hub_that_is_off_is_unknown_and_not_silent() -> None:
    cut_off = (Hint.BRIDGE_OFFLINE,)
    assert state(38, conditions=cut_off) is SecondState.UNKNOWN
    assert state(None, conditions=cut_off) is SecondState.UNKNOWN


def test_a_hint_is_no_evidence() -> None:
    for hint in Hint:
        assert state(30, conditions=(hint,)) is SecondState.COVERED
    for hint in set(Hint) - {Hint.BRIDGE_OFFLINE}:
        assert state(38, conditions=(hint,)) is SecondState.GAP


def test_a_fault_that_holds_impairs_whatever_is_attested() -> None:
    assert state(30, conditions=(WatchState.COVERED,)) is SecondState.IMPAIRED
    assert state(38, conditions=(WatchState.COVERED,)) is SecondState.GAP
