"""Tasmota's telemetry: its time is local and without a zone, so it counts on arrival."""

from typing import Final

import msgspec

from services.cli.simulate.dialects.base import Moment, Published, below, written
from services.cli.simulate.speech import Send

PREFIX: Final = "tasmota"
_UPTIME_S: Final = 86_400
_LOCAL_US: Final = 7 * 3_600 * 1_000_000
_encode = msgspec.json.Encoder().encode


def encode(send: Send, moment: Moment) -> Published:
    [claim] = send.claims
    uptime_s = _UPTIME_S + claim.at_us // 1_000_000
    state = {
        "Time": written(moment.now_us + _LOCAL_US)[:19],
        "UptimeSec": uptime_s,
        "Heap": 24,
        "MqttCount": 1,
        "Wifi": {"AP": 1, "RSSI": 78, "Signal": -61, "LinkCount": 1, "Downtime": "0T00:00:03"},
    }
    return [(below(send, PREFIX, f"tele/{claim.device.code}/STATE"), _encode(state))]
