"""How what is attested looks on the wire, one file for each dialect."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.cli.simulate.dialects import (
    frigate,
    gateway,
    heartbeat,
    onvif,
    shelly,
    sparkplug,
    tasmota,
    zigbee2mqtt,
)
from services.cli.simulate.dialects.base import Encode
from services.cli.simulate.options import DialectName

ENCODERS: Final[Mapping[DialectName, Encode]] = MappingProxyType(
    {
        DialectName.GATEWAY: gateway.encode,
        DialectName.HEARTBEAT: heartbeat.encode,
        DialectName.FRIGATE: frigate.encode,
        DialectName.ZIGBEE2MQTT: zigbee2mqtt.encode,
        DialectName.TASMOTA: tasmota.encode,
        DialectName.SHELLY: shelly.encode,
        DialectName.SPARKPLUG: sparkplug.encode,
        DialectName.ONVIF: onvif.encode,
    }
)
#: Where below its publisher a foreign dialect begins.
PREFIXES: Final[Mapping[DialectName, str]] = MappingProxyType(
    {
        DialectName.FRIGATE: frigate.PREFIX,
        DialectName.ZIGBEE2MQTT: zigbee2mqtt.PREFIX,
        DialectName.TASMOTA: tasmota.PREFIX,
        DialectName.SHELLY: shelly.PREFIX,
        DialectName.SPARKPLUG: sparkplug.PREFIX,
        DialectName.ONVIF: onvif.PREFIX,
    }
)


def name_of(dialect: DialectName, code: str) -> str:
    """What the dialect calls a device."""
    return onvif.SOURCE if dialect is DialectName.ONVIF else code
