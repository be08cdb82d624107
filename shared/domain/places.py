"""What kinds of rooms and devices there are, and which of them may not meet."""

import unicodedata
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
    #: A place on a round: whoever comes by checks in there with a phone.
    ROUND_POINT = "round_point"


def may_hold(zone: ZoneKind, device: DeviceKind) -> bool:
    return not (device is DeviceKind.CAMERA and zone in PRIVACY_ZONES)


#: What people write for a room in which a child is never filmed. A stem is enough: whoever cannot
#: spell "bathroom" must not get a camera into one.
_PRIVATE_STEMS: Final = {
    "bath": ZoneKind.BATHROOM,
    "shower": ZoneKind.BATHROOM,
    "toilet": ZoneKind.TOILET,
    "wc": ZoneKind.TOILET,
    "chang": ZoneKind.CHANGING,
    "dressing": ZoneKind.CHANGING,
    "medic": ZoneKind.MEDICAL,
    "clinic": ZoneKind.MEDICAL,
    "exam": ZoneKind.MEDICAL,
    "counsel": ZoneKind.COUNSELLING,
    "dorm": ZoneKind.DORMITORY,
    "bed": ZoneKind.DORMITORY,
    "sleep": ZoneKind.DORMITORY,
}
#: The same in Vietnamese, without marks, as whole words: many others begin like them.
_PRIVATE_WORDS: Final = {
    "tam": ZoneKind.BATHROOM,
    "ve_sinh": ZoneKind.TOILET,
    "thay_do": ZoneKind.CHANGING,
    "thay_quan_ao": ZoneKind.CHANGING,
    "y_te": ZoneKind.MEDICAL,
    "kham": ZoneKind.MEDICAL,
    "tu_van": ZoneKind.COUNSELLING,
    "tham_van": ZoneKind.COUNSELLING,
    "ngu": ZoneKind.DORMITORY,
}
_ZONE_WORDS: Final = {
    "sinh_hoat": ZoneKind.PLAY_ROOM,
    "phong_sinh_hoat": ZoneKind.PLAY_ROOM,
    "phong_hoc": ZoneKind.CLASSROOM,
    "nha_an": ZoneKind.DINING,
    "bep": ZoneKind.KITCHEN,
    "hanh_lang": ZoneKind.CORRIDOR,
    "san": ZoneKind.YARD,
    "san_choi": ZoneKind.YARD,
    "cong": ZoneKind.GATE,
    "play": ZoneKind.PLAY_ROOM,
    "playroom": ZoneKind.PLAY_ROOM,
    "common_room": ZoneKind.PLAY_ROOM,
    "living_room": ZoneKind.PLAY_ROOM,
    "study": ZoneKind.CLASSROOM,
    "study_room": ZoneKind.CLASSROOM,
    "dining_room": ZoneKind.DINING,
    "canteen": ZoneKind.DINING,
    "hall": ZoneKind.CORRIDOR,
    "hallway": ZoneKind.CORRIDOR,
    "courtyard": ZoneKind.YARD,
    "playground": ZoneKind.YARD,
    "garden": ZoneKind.YARD,
    "outdoor": ZoneKind.YARD,
    "entrance": ZoneKind.GATE,
    "lobby": ZoneKind.RECEPTION,
    "nursery": ZoneKind.INFANT_WARD,
}
_DEVICE_WORDS: Final = {
    "door_sensor": DeviceKind.DOOR,
    "motion_sensor": DeviceKind.MOTION,
    "smoke_detector": DeviceKind.SMOKE,
    "smoke_sensor": DeviceKind.SMOKE,
    "button": DeviceKind.CALL_BUTTON,
    "panic_button": DeviceKind.CALL_BUTTON,
    "ip_camera": DeviceKind.CAMERA,
    "webcam": DeviceKind.CAMERA,
}


def zone_kind(word: str) -> ZoneKind:
    """The kind somebody means; a room we have no word for is `other`, but a private one never."""
    plain = _plain(word)
    if plain in set(ZoneKind):
        return ZoneKind(plain)
    for stem, private in _PRIVATE_STEMS.items():
        if plain.startswith(stem) or f"_{stem}" in plain:
            return private
    for whole, private in _PRIVATE_WORDS.items():
        if f"_{whole}_" in f"_{plain}_":
            return private
    return _ZONE_WORDS.get(plain, ZoneKind.OTHER)


def device_kind(word: str) -> str:
    """The kind somebody means, or the word itself if we do not know it."""
    plain = _plain(word)
    return _DEVICE_WORDS.get(plain, plain)


def _plain(word: str) -> str:
    """Lower case, without marks, words joined by underscores."""
    apart = unicodedata.normalize("NFD", word.lower().replace("đ", "d"))
    unmarked = "".join(char for char in apart if not unicodedata.combining(char))
    return "_".join(unmarked.replace("-", " ").replace("_", " ").split())
