from datetime import UTC, datetime

import pytest

from services.api.devices.schemas import ClockOut
from services.api.devices.shown import clock_words
from shared.domain.states import ClockState
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
