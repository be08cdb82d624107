"""A few messages of each foreign dialect as the projects document or send them, for measuring."""

from typing import Final

from shared.contracts.adapters.rules import Dialect
from tests.shared.contracts.adapters import test_frigate as frigate
from tests.shared.contracts.adapters import test_onvif as onvif
from tests.shared.contracts.adapters import test_shelly as shelly
from tests.shared.contracts.adapters import test_sparkplug as sparkplug
from tests.shared.contracts.adapters import test_tasmota as tasmota
from tests.shared.contracts.adapters import test_zigbee2mqtt as zigbee2mqtt

_CAMERAS = {f"camera_{number}": frigate.camera(5.1) for number in range(4)}
#: (topic below the rule's prefix, payload); each states something.
GOLDEN: Final[dict[Dialect, list[tuple[str, bytes]]]] = {
    Dialect.ONVIF: [
        (onvif.CROSSED, onvif.CROSSED_PAYLOAD.encode()),
        (onvif.DARK, onvif.event({"State": "false"}).encode()),
    ],
    Dialect.FRIGATE: [("stats", frigate.stats(**_CAMERAS).encode())],
    Dialect.ZIGBEE2MQTT: [
        ("silent_20h", zigbee2mqtt.WITH_LAST_SEEN[1][2].encode()),
        ("phong-ngu/cua/availability", zigbee2mqtt.ONLINE.encode()),
    ],
    Dialect.TASMOTA: [
        ("tele/demo-sensor/STATE", tasmota.STATE.encode()),
        ("tele/demo-sensor/SENSOR", tasmota.SENSOR.encode()),
        ("tele/bridge/SENSOR", tasmota.ZIGBEE.encode()),
    ],
    Dialect.SHELLY: [
        (shelly.RPC, shelly.FULL.encode()),
        (shelly.RPC, shelly.DELTA.encode()),
        (shelly.RPC, shelly.EVENT.encode()),
    ],
    Dialect.SPARKPLUG: [
        ("spBv1.0/Centre/NBIRTH/hub", bytes.fromhex(sparkplug.NODE_BORN)),
        ("spBv1.0/Centre/DBIRTH/hub/door", bytes.fromhex(sparkplug.DOOR_BORN)),
        ("spBv1.0/Centre/NDATA/hub", bytes.fromhex(sparkplug.NODE_TOLD)),
        ("spBv1.0/Centre/DDATA/hub/door", bytes.fromhex(sparkplug.DOOR_TOLD)),
    ],
}
