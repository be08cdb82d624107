"""What kinds of rooms and devices there are, and which of them may not meet."""

from enum import StrEnum
from typing import Final


class ZoneKind(StrEnum):
    """A part of a facility by what happens there."""

    DORMITORY_DOOR = "dormitory_door"
    CORRIDOR = "corridor"
    PLAY_ROOM = "play_room"
    CLASSROOM = "classroom"
    DINING = "dining"
    KITCHEN = "kitchen"
    YARD = "yard"
    GATE = "gate"
    RECEPTION = "reception"
    INFANT_WARD = "infant_ward"
    OTHER = "other"
    # A child is never filmed in these.
    BATHROOM = "bathroom"
    TOILET = "toilet"
    CHANGING = "changing"
    MEDICAL = "medical"
    COUNSELLING = "counselling"
    DORMITORY = "dormitory"


PRIVACY_ZONES: Final = frozenset(
    {
        ZoneKind.BATHROOM,
        ZoneKind.TOILET,
        ZoneKind.CHANGING,
        ZoneKind.MEDICAL,
        ZoneKind.COUNSELLING,
        ZoneKind.DORMITORY,
    }
)


class DeviceKind(StrEnum):
    """What attests that a zone is watched; a gateway only speaks for others."""

    CAMERA = "camera"
    SENSOR = "sensor"
    GATEWAY = "gateway"
    CALL_BUTTON = "call_button"
    DOOR = "door"
    MOTION = "motion"
    SMOKE = "smoke"


def may_hold(zone: ZoneKind, device: DeviceKind) -> bool:
    return not (device is DeviceKind.CAMERA and zone in PRIVACY_ZONES)
