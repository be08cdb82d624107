"""What goes to and from the process that looks at pictures: length, then one message each."""

import msgspec

from shared.domain.states import WatchState

#: Bytes of the length that stands before each message.
LENGTH_BYTES = 4


class Picture(msgspec.Struct, frozen=True, array_like=True):
    """A JPEG of one camera; `at_s` is when it came."""

    device_id: int
    at_s: float
    jpeg: bytes


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """What a picture shows, or why it is none that may be judged."""

    device_id: int
    state: WatchState | None
    reason: str = ""


_encode = msgspec.msgpack.Encoder().encode
decode_picture = msgspec.msgpack.Decoder(Picture).decode
decode_seen = msgspec.msgpack.Decoder(Seen).decode


def framed(message: Picture | Seen) -> bytes:
    body = _encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
