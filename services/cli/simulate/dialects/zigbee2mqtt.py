"""A radio sensor's state as Zigbee2MQTT tells it, with `last_seen` switched on."""

from typing import Final

import msgspec

from services.cli.simulate.dialects.base import Moment, Published, below, written
from services.cli.simulate.speech import Send

PREFIX: Final = "zigbee2mqtt"
_encode = msgspec.json.Encoder().encode


def encode(send: Send, moment: Moment) -> Published:
    [claim] = send.claims
    state = {
        "battery": 87,
        "linkquality": 120,
        "last_seen": written(moment.start_us + claim.at_us),
        "occupancy": False,
    }
    return [(below(send, PREFIX, claim.device.code), _encode(state))]
