"""The types of devices that are shipped, so that each reader has them in their own language."""

from typing import Final

from shared.i18n import Translator, marked

#: As migration 0015 brought them in. What somebody added is called as they called it.
SHIPPED: Final = (
    marked("Camera that sends heartbeats itself"),
    marked("RTSP camera behind a giamsat gateway"),
    marked("ONVIF camera with its own MQTT (onvif-ej)"),
    marked("Camera watched by Frigate"),
    marked("Zigbee door contact (battery)"),
    marked("Zigbee motion sensor (battery)"),
    marked("Zigbee device on mains"),
    marked("Tasmota device"),
    marked("Shelly device, second generation"),
    marked("Sparkplug B device"),
)


def name_of(name: str, t: Translator) -> str:
    return t.gettext(name) if name in SHIPPED else name
