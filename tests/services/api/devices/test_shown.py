from datetime import UTC, datetime

import pytest

from services.api.console.render import near
from services.api.devices.schemas import ClockOut, ConditionOut, DeviceOut
from services.api.devices.shown import clock_words, row_of
from services.api.overview.shown import Voice
from shared.domain.places import DeviceKind
from shared.domain.states import ClockState, Hint, SecondState
from shared.i18n import translator

AT = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "offset_s", "told"),
    [
        (ClockState.RIGHT, 1.5, ""),
        (ClockState.AHEAD, 45.2, "Đồng hồ chạy nhanh 45 giây – đặt lại giờ bằng NTP"),
        (ClockState.BEHIND, -3600, "Đồng hồ chạy chậm 1 giờ – đặt lại giờ bằng NTP"),
        (
            ClockState.STEPPED,
            0.2,
            "Đồng hồ bị đổi giờ đột ngột – bật tự động đồng bộ giờ (NTP)",
        ),
        (
            ClockState.DRIFTING,
            -2.6,
            "Đồng hồ chạy không đều, đang lệch 3 giây – bật tự động đồng bộ giờ (NTP)",
        ),
    ],
)
def test_a_clock_is_told_in_words_with_what_to_do(
    state: ClockState, offset_s: float, told: str
) -> None:
    clock = ClockOut(state=state, offset_s=offset_s, since=AT, measured_at=AT)
    assert clock_words(clock, translator("vi")) == told


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("vi", "tạm bị chặn vì gửi quá nhiều, đến 14:05"),
        ("en", "blocked for a while for sending too much, until 14:05"),
    ],
)
def test_a_suspension_is_the_first_cause_told_of_a_silence(language: str, told: str) -> None:
    device = DeviceOut(
        code="cam-1",
        name="Camera 1",
        kind=DeviceKind.CAMERA,
        zone=None,
        interval_s=30,
        registered_at=AT,
        retired_at=None,
        state=SecondState.GAP,
        latest=None,
        conditions=[ConditionOut(condition=Hint.OFFLINE, since=AT)],
        clock=None,
        suspended_until=datetime(2026, 7, 1, 7, 5, tzinfo=UTC),
        has_key=False,
        placed_at=None,
        profile=None,
        gateway=None,
        tolerance_s=6,
        approval=None,
        warnings=[],
    )
    t = translator(language)
    voice = Voice(t, near(t, "Asia/Ho_Chi_Minh", datetime(2026, 7, 1, 7, tzinfo=UTC)))
    first, *others = row_of(device, {}, voice).causes
    assert first == told
    assert len(others) == 1
