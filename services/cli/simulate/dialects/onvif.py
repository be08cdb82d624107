"""A camera's own events over MQTT (`onvif-ej`): it saw something move."""

from typing import Final

import msgspec

from services.cli.simulate.dialects.base import Moment, Published, below, written
from services.cli.simulate.speech import Send

PREFIX: Final = ""
SOURCE: Final = "VideoSource_1"
_encode = msgspec.json.Encoder().encode


def encode(send: Send, moment: Moment) -> Published:
    [claim] = send.claims
    event = {
        "UtcTime": written(moment.start_us + claim.at_us),
        "PropertyOperation": "Changed",
        "Source": {"VideoSource": SOURCE},
        "Data": {"State": "true"},
    }
    return [(below(send, PREFIX, f"onvif-ej/VideoSource/MotionAlarm/&{SOURCE}"), _encode(event))]
