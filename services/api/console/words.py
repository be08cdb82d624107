"""Codes of the domain in a caregiver's words; msgids, to be translated where they are shown."""

from collections.abc import Mapping
from typing import Final

from services.api.devices.schemas import Warned
from services.api.overview.facts import Now
from shared.contracts.adapters.rules import Dialect
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
    Cause.GATEWAY_SILENT: marked("A gateway went silent, and all that speaks through it"),
    Cause.FACILITY_LINK: marked("The facility's line is down"),
    Cause.FACILITY_POWER: marked("Power cut in the facility"),
    Cause.AREA_OUTAGE: marked("Outage of a whole area"),
    Cause.ROUND_MISSED: marked("A round was missed"),
    Cause.DELIVERY_FAILED: marked("A message reached nobody"),
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
    DeviceKind.ROUND_POINT: marked("Round point"),
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

#: What facilities own already speaks one of these.
DIALECTS: Final[Mapping[str, str]] = {
    Dialect.ONVIF: marked("ONVIF (camera)"),
    Dialect.FRIGATE: marked("Frigate"),
    Dialect.ZIGBEE2MQTT: marked("Zigbee2MQTT"),
    Dialect.TASMOTA: marked("Tasmota"),
    Dialect.SHELLY: marked("Shelly"),
    Dialect.SPARKPLUG: marked("Sparkplug B"),
}

#: What a rule for it needs: what stands at the beginning of the topic, and what is the name.
DIALECT_NAMES: Final[Mapping[str, str]] = {
    Dialect.ONVIF: marked(
        "A camera that logs in itself: beginning empty, name *. Else the name is the video source, "
        "often 1 or VideoSource_1."
    ),
    Dialect.FRIGATE: marked(
        "Beginning: frigate. Name: the camera's name in Frigate. Register it with the interval "
        "that Frigate has as stats_interval (60 s)."
    ),
    Dialect.ZIGBEE2MQTT: marked(
        "Beginning: zigbee2mqtt. Name: the friendly name, also with slashes. In Zigbee2MQTT "
        "switch on advanced.last_seen."
    ),
    Dialect.TASMOTA: marked(
        "A device that logs in itself: beginning empty, name *. Else the name is the Topic set in "
        "the device."
    ),
    Dialect.SHELLY: marked(
        "A device that logs in itself: beginning empty, name *. Else the name is the MQTT prefix "
        "set in the device."
    ),
    Dialect.SPARKPLUG: marked(
        "Beginning: what stands before spBv1.0, mostly empty. Name: edge node, or edge node/device."
    ),
}

#: What a device told of itself besides its watch.
READINGS: Final[Mapping[str, str]] = {
    "battery": marked("battery %(n)s %%"),
    "rssi": marked("signal %(n)s dBm"),
    "fps": marked("%(n)s fps"),
}

#: What a device was registered with that will not go well, and what to do.
WARNINGS: Final[Mapping[str, str]] = {
    Warned.MAY_NOT_RECORD: marked("Not allowed here: it records nothing until it is approved"),
    Warned.REVIEW_DUE: marked("Somebody must look again whether this camera is still needed"),
    Warned.SLEEPS_TOO_LONG: marked(
        "It sleeps for longer than its zone tolerates – let something else watch here as well"
    ),
    Warned.REPORTS_TOO_SELDOM: marked(
        "It reports every %(now)s s, more seldom than its zone tolerates – have it report at "
        "least every %(advised)s s, or let the zone tolerate longer gaps"
    ),
}

#: Why a message was set aside, and what to do about it.
REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    Refusal.UNREADABLE: (
        marked("The message cannot be read"),
        marked("Compare its format with the instructions: a heartbeat is JSON with “at”."),
    ),
    Refusal.OVERSIZED: (
        marked("The message is too long"),
        marked("A heartbeat may have 4 KiB, a gateway's message 64 KiB."),
    ),
    Refusal.WRONG_TOPIC: (
        marked("Sent to a topic that is not the device's"),
        marked(
            "Compare it with the one given at registration; other programs' topics need a rule."
        ),
    ),
    Refusal.UNKNOWN_DEVICE: (
        marked("The device is not registered"),
        marked("Register it, or correct its code."),
    ),
    Refusal.RETIRED_DEVICE: (
        marked("The device was retired"),
        marked("Switch it off, or register it again."),
    ),
    Refusal.UNAPPROVED_CAMERA: (
        marked("A camera that nobody has allowed"),
        marked("Ask for approval on the page of the camera; until then it records nothing."),
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
    Refusal.CLOCK_BEHIND: (
        marked("Its clock is behind"),
        marked("Set the device's clock, best by NTP."),
    ),
    Refusal.NOT_A_GATEWAY: (
        marked("It speaks for other devices, but is no gateway"),
        marked("Register it as a gateway. If nobody set it up so, renew its password."),
    ),
    Refusal.SPOOFED: (
        marked("Sent in the name of another device"),
        marked("Find out who has this sender's password, and renew it."),
    ),
    Refusal.UNSIGNED: (
        marked("Not signed, though a signature is required here"),
        marked("Register the device's key and let it sign, or require no signature."),
    ),
    Refusal.WRONG_SIGNATURE: (
        marked("The signature is not this device's"),
        marked("Register its new key if it was changed. If not, inspect the device on site."),
    ),
    Refusal.CLONE: (
        marked("Two devices speak under one name"),
        marked("Find the real one on site and renew its password and key; the other stays out."),
    ),
    Refusal.ROLLBACK: (
        marked("It repeats an earlier start or an earlier number"),
        marked("Restart the device. If it goes on, somebody repeats old messages: renew its key."),
    ),
    Refusal.THROTTLED: (
        marked("It sends more than it may"),
        marked("Have it send less often. What came within the limit was counted."),
    ),
    Refusal.UNMAPPED: (
        marked("No rule says which device this name means"),
        marked("Add a rule for the name, then count these messages."),
    ),
    Refusal.UNEXPECTED: (
        marked("Our system could not deal with it"),
        marked("Tell the system administrator; after a repair it can be counted."),
    ),
}
