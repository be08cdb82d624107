import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.places import (
    PRIVACY_ZONES,
    DeviceKind,
    ZoneKind,
    device_kind,
    may_hold,
    zone_kind,
)


@given(st.sampled_from(ZoneKind), st.sampled_from(DeviceKind))
def test_only_cameras_are_kept_out_and_only_of_private_zones(
    zone: ZoneKind, device: DeviceKind
) -> None:
    assert may_hold(zone, device) is not (device is DeviceKind.CAMERA and zone in PRIVACY_ZONES)


@given(st.sampled_from(ZoneKind))
def test_a_kind_is_known_by_its_own_name_however_it_is_written(kind: ZoneKind) -> None:
    assert zone_kind(kind.value) is zone_kind(kind.value.upper().replace("_", " - ")) is kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("bathrom", ZoneKind.BATHROOM),
        ("Boys Toilet", ZoneKind.TOILET),
        ("girls' bedroom", ZoneKind.DORMITORY),
        ("sleeping-room", ZoneKind.DORMITORY),
        ("medical exam room", ZoneKind.MEDICAL),
        ("playroom", ZoneKind.PLAY_ROOM),
        ("Living Room", ZoneKind.PLAY_ROOM),
        ("hallway", ZoneKind.CORRIDOR),
        ("Phòng ngủ nữ", ZoneKind.DORMITORY),
        ("nhà vệ sinh", ZoneKind.TOILET),
        ("phòng tắm", ZoneKind.BATHROOM),
        ("phòng người lớn", ZoneKind.OTHER),
        ("hành lang", ZoneKind.CORRIDOR),
        ("room", ZoneKind.OTHER),
        ("", ZoneKind.OTHER),
    ],
)
def test_a_room_is_understood_and_a_private_one_is_never_missed(word: str, kind: ZoneKind) -> None:
    assert zone_kind(word) is kind


def test_a_device_is_understood_or_left_as_it_was_written() -> None:
    assert device_kind("Smoke detector") == DeviceKind.SMOKE
    assert device_kind("camera") == DeviceKind.CAMERA
    assert device_kind("toaster") == "toaster"
