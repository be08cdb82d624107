"""What publishers say: the packets of each kind of load, and what is true when all are sent."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from tests.bench.ingest.packets import head, packet, packet_id
from tests.bench.ingest.rig import GATEWAY, PER_FACILITY, code_of, facility_of

BOOT: Final = b"0123456789abcdef"
#: So that numbers have one length, and packets can be put together from prepared bytes.
FIRST_SEQ: Final = 10**12
DAY_MS: Final = 86_400_000
BEAT_MS: Final = 30_000
#: A beat of 30 s without `since` attests these.
ATTESTED_MS: Final = 36_000


class Kind:
    """A load of `senders`, who speak in turn. `since_ms`, `until_ms`: what they told."""

    devices_each = 1
    #: From one sender's first device to the next one's.
    stride = 1

    def __init__(self, senders: int, messages: int) -> None:
        self.senders = senders
        self.messages = messages
        self.since_ms = now_ms() - 1_000
        self.until_ms = [0] * senders
        self._names = [self.topic(sender).encode() for sender in range(senders)]

    def topic(self, sender: int) -> str:
        return f"giamsat/v1/{facility_of(sender)}/{code_of(sender)}/heartbeat"

    def packets(self, first: int, upto: int) -> bytes:
        at_ms = now_ms()
        return b"".join(self._packets(first, upto, at_ms))

    def _packets(self, first: int, upto: int, at_ms: int) -> Iterator[bytes]:
        for number in range(first, upto):
            sender = number % self.senders
            self.until_ms[sender] = at_ms
            yield packet(self._names[sender], number, self.payload(number, sender, at_ms))

    def payload(self, number: int, sender: int, at_ms: int) -> bytes:
        raise NotImplementedError


class Beats(Kind):
    """Single heartbeats as plain devices say them; the cheapest to make."""

    def __init__(self, senders: int, messages: int) -> None:
        super().__init__(senders, messages)
        length = len(self.payload(0, 0, now_ms()))
        self._heads = [head(name, length) for name in self._names]

    def payload(self, number: int, sender: int, at_ms: int) -> bytes:  # noqa: ARG002
        return b'{"at":%d,"since":%d,"state":"ok","rssi":-61}' % (at_ms, self.since_ms)

    def _packets(self, first: int, upto: int, at_ms: int) -> Iterator[bytes]:
        said = b"\x00" + self.payload(0, 0, at_ms)
        for number in range(first, upto):
            sender = number % self.senders
            self.until_ms[sender] = at_ms
            yield self._heads[sender] + packet_id(number) + said


class NumberedBeats(Kind):
    """Single heartbeats as our own devices say them: acknowledged end to end, clock compared."""

    def payload(self, number: int, sender: int, at_ms: int) -> bytes:  # noqa: ARG002
        return b'{"at":%d,"since":%d,"boot":"%b","seq":%d,"sent":%d,"rssi":-61}' % (
            at_ms, self.since_ms, BOOT, FIRST_SEQ + number, at_ms,
        )  # fmt: skip


class Gateways(Kind):
    """Messages of gateways with sixteen devices each; every entry has boot and number."""

    devices_each = stride = PER_FACILITY
    _entry = b'{"device":"%b","at":%%d,"since":%%d,"boot":"%b","seq":%%d}'

    def __init__(self, senders: int, messages: int) -> None:
        super().__init__(senders, messages)
        self._forms = [self._form(sender) for sender in range(senders)]

    def topic(self, sender: int) -> str:
        return f"giamsat/v1/{facility_of(sender * PER_FACILITY)}/{GATEWAY}/heartbeats"

    def _form(self, sender: int) -> bytes:
        first = sender * self.stride
        devices = range(first, first + self.devices_each)
        entries = (self._entry % (code_of(device).encode(), BOOT) for device in devices)
        return b"[" + b",".join(entries) + b"]"

    def payload(self, number: int, sender: int, at_ms: int) -> bytes:
        first = FIRST_SEQ + number * self.devices_each
        numbers: list[int] = []
        for seq in range(first, first + self.devices_each):
            numbers += (at_ms, self.since_ms, seq)
        return self._forms[sender] % tuple(numbers)


class GatewaysWithClock(Gateways):
    """The same as our own gateway says it: with the moment of sending."""

    _entry = b'{"device":"%b","at":%%d,"since":%%d,"boot":"%b","seq":%%d,"sent":%%d}'

    def payload(self, number: int, sender: int, at_ms: int) -> bytes:
        first = FIRST_SEQ + number * self.devices_each
        numbers: list[int] = []
        for seq in range(first, first + self.devices_each):
            numbers += (at_ms, self.since_ms, seq, at_ms)
        return self._forms[sender] % tuple(numbers)


class Healed(GatewaysWithClock):
    """After a day without a link each gateway says once: watched all the time."""

    def __init__(self, senders: int, messages: int) -> None:
        super().__init__(senders, messages)
        self.since_ms = now_ms() - DAY_MS


class HealedOfFour(Healed):
    """The same for gateways with four devices, as most have."""

    devices_each = 4


class Backlog(Kind):
    """After a day without a link plain devices say every single beat of it, oldest first."""

    def __init__(self, senders: int, messages: int) -> None:
        super().__init__(senders, messages)
        beats = messages // senders
        self._first_ms = now_ms() - beats * BEAT_MS
        self.since_ms = self._first_ms - ATTESTED_MS

    def _packets(self, first: int, upto: int, at_ms: int) -> Iterator[bytes]:  # noqa: ARG002
        for number in range(first, upto):
            sender = number % self.senders
            said_ms = self._first_ms + number // self.senders * BEAT_MS
            self.until_ms[sender] = said_ms
            yield packet(self._names[sender], number, b'{"at":%d,"state":"ok"}' % said_ms)


KINDS: Final[dict[str, Callable[[int, int], Kind]]] = {
    "beats": Beats,
    "numbered": NumberedBeats,
    "gateways": Gateways,
    "gateways-with-clock": GatewaysWithClock,
    "healed": Healed,
    "healed-of-four": HealedOfFour,
    "backlog": Backlog,
}


def now_ms() -> int:
    return time.time_ns() // 1_000_000
