from datetime import UTC, datetime, timedelta

from services.api.devices.presence import state_now
from shared.domain.states import SecondState, WatchState

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def state(
    heard_s: float | None,
    *,
    was: WatchState = WatchState.OK,
    registered_s: float = 1000,
    seen_s: float | None = 1,
) -> SecondState:
    """Of a device with an interval of 30 s, so with a patience of 36 s."""
    return state_now(
        last=None if heard_s is None else (ago(heard_s), was),
        since=ago(registered_s),
        interval_s=30,
        seen_until=None if seen_s is None else ago(seen_s),
        now=NOW,
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
