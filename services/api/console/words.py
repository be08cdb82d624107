"""Codes of the domain in a caregiver's words; msgids, to be translated where they are shown."""

from collections.abc import Mapping
from typing import Final

from services.api.overview.facts import Now
from shared.domain.places import DeviceKind, ZoneKind
from shared.domain.states import Cause, Refusal
from shared.i18n import marked

NOW: Final[Mapping[str, str]] = {
    Now.GAP: marked("Not watched"),
    Now.IMPAIRED: marked("Poor picture"),
    Now.UNKNOWN: marked("Not known"),
    Now.COVERED: marked("Watched"),
    Now.NOT_REQUIRED: marked("Nothing to watch yet"),
}

CAUSES: Final[Mapping[str, str]] = {
    Cause.FACILITY_SILENT: marked("No connection from the whole facility"),
    Cause.DEVICE_SILENT: marked("Devices went silent"),
    Cause.PICTURE: marked("The picture cannot be used"),
    Cause.PLATFORM_BLIND: marked("The system itself was not receiving"),
}


OWNERSHIP: Final[Mapping[str, str]] = {
    "public": marked("public"),
    "non_public": marked("non-public"),
}

DEVICE_KINDS: Final[Mapping[str, str]] = {
    DeviceKind.CAMERA: marked("Camera"),
    DeviceKind.SENSOR: marked("Sensor"),
    DeviceKind.MOTION: marked("Motion sensor"),
    DeviceKind.DOOR: marked("Door sensor"),
    DeviceKind.SMOKE: marked("Smoke detector"),
    DeviceKind.CALL_BUTTON: marked("Call button"),
    DeviceKind.GATEWAY: marked("Gateway"),
}

ZONE_KINDS: Final[Mapping[str, str]] = {
    ZoneKind.PLAY_ROOM: marked("Play room"),
    ZoneKind.CLASSROOM: marked("Classroom"),
    ZoneKind.DINING: marked("Dining room"),
    ZoneKind.KITCHEN: marked("Kitchen"),
    ZoneKind.CORRIDOR: marked("Corridor"),
    ZoneKind.DORMITORY_DOOR: marked("Dormitory door"),
    ZoneKind.INFANT_WARD: marked("Infant ward"),
    ZoneKind.YARD: marked("Yard"),
    ZoneKind.GATE: marked("Gate"),
    ZoneKind.RECEPTION: marked("Reception"),
    ZoneKind.OTHER: marked("Other"),
    ZoneKind.DORMITORY: marked("Dormitory (private: no camera)"),
    ZoneKind.BATHROOM: marked("Bathroom (private: no camera)"),
    ZoneKind.TOILET: marked("Toilet (private: no camera)"),
    ZoneKind.CHANGING: marked("Changing room (private: no camera)"),
    ZoneKind.MEDICAL: marked("Medical room (private: no camera)"),
    ZoneKind.COUNSELLING: marked("Counselling room (private: no camera)"),
}

#: Why a message was set aside, and what to do about it.
REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    Refusal.UNREADABLE: (
        marked("The message cannot be read"),
        marked("Check the format: JSON with at least the field “at”."),
    ),
    Refusal.OVERSIZED: (
        marked("The message is too long"),
        marked("A heartbeat may have 4 KiB, a gateway's message 64 KiB."),
    ),
    Refusal.WRONG_TOPIC: (
        marked("Sent to a topic that is not the device's"),
        marked("Compare the topic with the one given at registration."),
    ),
    Refusal.UNKNOWN_DEVICE: (
        marked("The device is not registered"),
        marked("Register it, or correct its code."),
    ),
    Refusal.RETIRED_DEVICE: (
        marked("The device was retired"),
        marked("Switch it off, or register it again."),
    ),
    Refusal.RETAINED: (
        marked("An old message kept by the broker"),
        marked("Have the device send without the retain flag."),
    ),
    Refusal.FUTURE: (
        marked("Its clock is ahead"),
        marked("Set the device's clock, best by NTP."),
    ),
    Refusal.TOO_OLD: (
        marked("Older than seven days"),
        marked("Nothing to do: evidence this old no longer counts."),
    ),
    Refusal.BEFORE_REGISTRATION: (
        marked("From before the device was registered"),
        marked("Nothing to do: only time after registration counts."),
    ),
    Refusal.EMPTY: (
        marked("It attests no time at all"),
        marked("“since” must be earlier than “at”; check the device's clock."),
    ),
}
