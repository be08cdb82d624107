"""Messages as the projects document or send them, by dialect: topic and payload."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.adapters.rules import Dialect
from tests.shared.contracts.adapters import test_frigate as frigate
from tests.shared.contracts.adapters import test_onvif as onvif
from tests.shared.contracts.adapters import test_shelly as shelly
from tests.shared.contracts.adapters import test_sparkplug as sparkplug
from tests.shared.contracts.adapters import test_tasmota as tasmota
from tests.shared.contracts.adapters import test_zigbee2mqtt as zigbee2mqtt

Message = tuple[str, bytes]

_STATE: Final = {"State": "true"}


def _text(*messages: tuple[str, str]) -> tuple[Message, ...]:
    return tuple((topic, payload.encode()) for topic, payload in messages)


def _sparkplug(*messages: tuple[str, str]) -> tuple[Message, ...]:
    return tuple((f"spBv1.0/Centre/{place}", bytes.fromhex(told)) for place, told in messages)


MESSAGES: Final[Mapping[Dialect, tuple[Message, ...]]] = {
    Dialect.ONVIF: _text(
        (onvif.CROSSED, onvif.CROSSED_PAYLOAD),
        (onvif.TOO_WARM, onvif.TOO_WARM_PAYLOAD),
        (onvif.DARK, onvif.event(_STATE)),
        (onvif.DARK, onvif.event({"State": "false"}, PropertyOperation="Changed")),
        (onvif.DARK, ""),
        (onvif.MOTION, onvif.event(_STATE)),
        ("onvif-ej/VideoSource/SignalLoss/&1", onvif.event({"SimpleItem": [{"Name": "State"}]})),
        ("onvif-ej/RuleEngine/TamperDetector/Tamper/&1", onvif.event({"IsTamper": "true"})),
        ("onvif-ej/RecordingHistory/Recording/State", onvif.event({"IsRecording": "false"})),
        ("onvif-ej/RecordingHistory/Track/State", onvif.event({"IsDataPresent": "true"})),
        ("onvif-ej/Device/HardwareFailure/StorageFailure", onvif.event({"Failed": "true"})),
        ("onvif-ej/Monitoring/LinkStatus", onvif.event({"Link": {"Speed": "0"}})),
    ),
    Dialect.FRIGATE: _text(
        ("stats", frigate.stats(front_door=frigate.camera(5.1), hall=frigate.camera(0.0, 0.0))),
        ("stats", frigate.stats(uptime=20, front_door=frigate.camera(5.1))),
        ("available", "online"),
        ("available", "offline"),
        ("front_door/status/detect", "offline"),
        ("front_door/status/detect", "online"),
        ("front_door/status/record", "disabled"),
        ("front_door/enabled/state", "OFF"),
        ("front_door/recordings/state", "ON"),
    ),
    Dialect.ZIGBEE2MQTT: _text(
        *((topic, payload) for _, topic, payload in zigbee2mqtt.WITH_LAST_SEEN),
        *((topic, payload) for _, topic, payload in zigbee2mqtt.WITHOUT_LAST_SEEN),
        ("front_door/availability", zigbee2mqtt.OFFLINE),
        ("bridge/state", "offline"),
    ),
    Dialect.TASMOTA: _text(
        ("tele/front_door/STATE", tasmota.STATE),
        ("tele/front_door/STATE", tasmota.state(20, link_count=2)),
        ("tele/front_door/SENSOR", tasmota.SENSOR),
        ("tele/bridge/SENSOR", tasmota.ZIGBEE),
        ("bridge/tele/SENSOR", tasmota.NAMED_ZIGBEE),
        ("tele/front_door/LWT", "Offline"),
        ("tele/bridge/LWT", "Online"),
    ),
    Dialect.SHELLY: _text(
        (shelly.RPC, shelly.FULL),
        ("smoke/events/rpc", shelly.SMOKE),
        (shelly.RPC, shelly.DELTA),
        ("front_door/events/rpc", shelly.EVENT),
        ("front_door/online", "false"),
        ("front_door/status/devicepower:0", '{"id":0,"battery":{"V":2.99,"percent":97}}'),
        ("front_door/status/sys", '{"uptime":12,"wakeup_reason":{"boot":"poweron"}}'),
    ),
    Dialect.SPARKPLUG: _sparkplug(
        ("NBIRTH/hub", sparkplug.NODE_BORN),
        ("DBIRTH/hub/door", sparkplug.DOOR_BORN),
        ("NDATA/hub", sparkplug.NODE_TOLD),
        ("DDATA/hub/door", sparkplug.DOOR_TOLD),
        ("DDEATH/hub/door", sparkplug.DOOR_DIED),
        ("NDEATH/hub", sparkplug.NODE_DIED),
        ("NBIRTH/hub", sparkplug.OTHER_NODE_BORN),
        ("DBIRTH/hub/door", sparkplug.OTHER_BORN),
        ("DDATA/hub/door", sparkplug.OTHER_TOLD),
        ("DDATA/hub/door", sparkplug.OTHER_STORED),
        ("NDATA/hub", sparkplug.message(9)),
        ("NDEATH/hub", sparkplug.death(3)),
    ),
}
