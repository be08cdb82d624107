"""What one device floods with that bothers ingest most: garbage, poison, huge gateway messages."""

import random
from collections.abc import Callable
from typing import Final

from tests.bench.ingest.packets import packet
from tests.bench.ingest.rig import GATEWAY, code_of, facility_of

#: Different messages; a flood repeats them.
DIFFERENT: Final = 64
HUGE_BYTES: Final = 64 * 1024
_SEED: Final = 7

_POISON: Final = (
    b"[" * 4_000,
    b'{"a":' * 800,
    b'{"at":1e400}',
    b'{"at":' + b"9" * 4_000 + b"}",
    b'{"at":0,"boot":"\\u0000","seq":1}',
    b'{"at":0,"state":"\xff\xfe"}',
    b'{"at":"2026-13-40T99:99:99Z"}',
    b'{"at":-1e308,"since":1e308}',
    b'{"at":0,"device":"' + "\ud800".encode("utf-8", "surrogatepass") + b'"}',
    b'{"at":99999999999999,"state":"ok"}',
)


class Flood:
    """Messages of one sender, without end."""

    def __init__(self, topic: str, payloads: list[bytes]) -> None:
        self._topic = topic.encode()
        self._payloads = payloads

    def packets(self, first: int, upto: int) -> bytes:
        return b"".join(self._packet(number) for number in range(first, upto))

    def _packet(self, number: int) -> bytes:
        payload = self._payloads[number % len(self._payloads)]
        return packet(self._topic, number, payload)


def garbage(sender: int) -> Flood:
    chance = random.Random(_SEED)  # noqa: S311 - the same garbage each time
    payloads = [chance.randbytes(chance.randint(1, 1_000)) for _ in range(DIFFERENT)]
    return Flood(_own(sender, "heartbeat"), payloads)


def poison(sender: int) -> Flood:
    return Flood(_own(sender, "heartbeat"), list(_POISON))


def huge(sender: int) -> Flood:
    """As many entries as go into a message, none of a device on record."""
    entry = b'{"device":"NOBODY-%04d","at":1}'
    entries = [entry % number for number in range(HUGE_BYTES // (len(entry % 0) + 1) - 1)]
    topic = f"giamsat/v1/{facility_of(sender)}/{GATEWAY}/heartbeats"
    return Flood(topic, [b"[" + b",".join(entries) + b"]"])


def _own(sender: int, leaf: str) -> str:
    return f"giamsat/v1/{facility_of(sender)}/{code_of(sender)}/{leaf}"


FLOODS: Final[dict[str, Callable[[int], Flood]]] = {
    "flood-garbage": garbage,
    "flood-poison": poison,
    "flood-huge": huge,
}
