"""A Shelly of the second generation: what changed, and when by its own clock."""

from typing import Final

import msgspec

from services.cli.simulate.dialects.base import Moment, Published, below
from services.cli.simulate.speech import Send

PREFIX: Final = "shelly"
_encode = msgspec.json.Encoder().encode


def encode(send: Send, moment: Moment) -> Published:
    [claim] = send.claims
    name = claim.device.code
    notified_s = (moment.start_us + claim.at_us) / 1e6
    told = {
        "src": name,
        "dst": f"{name}/events",
        "method": "NotifyStatus",
        "params": {"ts": notified_s, "wifi": {"rssi": -61}},
    }
    return [(below(send, PREFIX, f"{name}/events/rpc"), _encode(told))]
