"""The heartbeat as it crosses the wire: JSON, one object, or an array of them from a gateway."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from shared.contracts.topics import CODE_PATTERN
from shared.domain.states import WatchState

#: Payload limits in bytes (DESIGN §4).
MAX_HEARTBEAT: Final = 4 * 1024
MAX_HEARTBEATS: Final = 64 * 1024
#: A small JPEG of a camera that cannot judge itself.
MAX_FRAME: Final = 64 * 1024

#: A boot id and a sequence number name a message; the acknowledgement answers with both.
BOOT_PATTERN: Final = r"^[A-Za-z0-9._-]{1,64}$"
Boot = Annotated[str, Meta(pattern=BOOT_PATTERN)]
Seq = Annotated[int, Meta(ge=0, le=2**63 - 1)]

#: RFC 3339 with its offset, or epoch milliseconds.
Moment = Annotated[datetime, Meta(tz=True)] | int | float


class Heartbeat(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The device watched over [since, at), in `state`. Unknown fields are let pass.

    `device` may be said of one's own as well; then it must be one's own. `sent` is the device's
    clock when it published: it tells a slow clock from a late message.
    `nonce` and `sig` sign it (`shared.contracts.signing`).
    """

    at: Moment
    since: Moment | None = None
    state: WatchState = WatchState.OK
    seq: Seq | None = None
    boot: Boot | None = None
    sent: Moment | None = None
    nonce: str | None = None
    sig: str | None = None
    device: str | None = None
    battery: float | None = None
    rssi: float | None = None
    fps: float | None = None


class GatewayHeartbeat(Heartbeat, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """One entry of a gateway's message: a heartbeat and the device behind the gateway it is of."""

    device: Annotated[str, Meta(pattern=CODE_PATTERN)]


#: The latest readings kept for display.
READINGS: Final = ("battery", "rssi", "fps")

decode_one = msgspec.json.Decoder(Heartbeat).decode
decode_many = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_entry = msgspec.json.Decoder(GatewayHeartbeat).decode
#: All entries at once: much faster, but fails if one of them is bad.
decode_entries = msgspec.json.Decoder(list[GatewayHeartbeat]).decode
encode = msgspec.json.Encoder().encode


#: The year 10,000: no calendar names an instant so far off, nor can a database hold it.
_FARTHEST_MS: Final = 253_402_300_800_000


def to_us(moment: Moment) -> int:
    """Microseconds since the epoch. Raises OverflowError on a number that is no instant."""
    if type(moment) is int and 0 <= moment < _FARTHEST_MS:
        return moment * 1000
    if isinstance(moment, datetime):
        return round(moment.timestamp() * 1_000_000)
    if not -_FARTHEST_MS < moment < _FARTHEST_MS:
        raise OverflowError
    return round(moment * 1000)
