"""An MQTT 5 session that acknowledges when we say: the hot path of ingest, on the `mqtt5` codec.

What a received message means is decided by a callback, synchronously, packet by packet. Its
acknowledgement is ours to send, after the commit (`acknowledge`). The broker never sends again on
a live connection (MQTT-4.4.0-1), so whoever fails to commit tries again from memory.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar, cast

import mqtt5

from shared.runtime.errors import GiamsatError

#: The most that may be unacknowledged; it bounds every batch. Brokers stall at 20 without it.
RECEIVE_MAXIMUM: Final = 65_535
_BUFFER: Final = 1 << 16
_KEEP_ALIVE_S: Final = 20
#: A broker that says nothing at all for so long after a ping is gone, whatever TCP believes.
_SILENT_AFTER_S: Final = 10.0
#: Reason codes from here on mean failure (MQTT 5, §2.4).
_FIRST_FAILURE: Final = 0x80

P = TypeVar("P")

#: Called for each message: topic, payload, packet id (absent at QoS 0), whether it was retained.
OnMessage = Callable[[str, bytes, int | None, bool], None]
#: Called for each answer to what we published: its packet id and the broker's reason code.
OnAnswer = Callable[[int, int], None]


class MqttError(GiamsatError):
    """The session could not be set up, or is gone."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


@dataclass(frozen=True, slots=True)
class Login:
    """Where the broker is and who we are there. The session outlives us by `expiry_s`."""

    host: str
    port: int
    client_id: str
    username: str
    password: str
    expiry_s: int = 7 * 86_400


class MqttSession(asyncio.BufferedProtocol):
    """One connection of one session. It ends by `lost` being set; the caller makes a new one."""

    def __init__(self, on_message: OnMessage, on_answer: OnAnswer | None = None) -> None:
        self._on_message = on_message
        self._on_answer = on_answer
        self._buffer = bytearray(_BUFFER)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._transport: asyncio.Transport | None = None
        self._connected: asyncio.Future[mqtt5.ConnAckPacket] | None = None
        self._subscribed: asyncio.Future[mqtt5.SubAckPacket] | None = None
        self._unsubscribed: asyncio.Future[mqtt5.UnsubAckPacket] | None = None
        self._packet_id = 0
        #: When we pinged and have heard nothing since.
        self._pinged_s: float | None = None
        #: How much of what we publish may be unanswered; the broker says so when we connect.
        self.may_be_unanswered = RECEIVE_MAXIMUM
        self.lost = asyncio.Event()
        self.reason = ""

    # -- what the owner calls --------------------------------------------------------------

    async def connect(self, login: Login) -> bool:
        """Open the connection; True if the broker still had our session. Raises MqttError."""
        loop = asyncio.get_running_loop()
        self._connected = loop.create_future()
        async with asyncio.timeout(10):
            await loop.create_connection(lambda: self, login.host, login.port)
        packet = mqtt5.ConnectPacket(
            login.client_id,
            username=login.username,
            password=login.password.encode(),
            keep_alive=_KEEP_ALIVE_S,
            session_expiry_interval=login.expiry_s,
            receive_max=RECEIVE_MAXIMUM,
        )
        self._write(packet.write())
        async with asyncio.timeout(10):
            answer = await self._connected
        if answer.reason_code is not mqtt5.ConnAckReasonCode.SUCCESS:
            self.close()
            raise MqttError(f"the broker refused the connection: {answer.reason_code!r}")
        self.may_be_unanswered = answer.receive_max
        return answer.session_present

    async def subscribe(self, patterns: Sequence[str]) -> None:
        """Subscribe at QoS 1, without what was retained. Raises MqttError."""
        await self._subscribe(patterns, mqtt5.RetainHandling.SEND_NEVER)

    async def subscribe_to_retained(self, patterns: Sequence[str]) -> None:
        """Subscribe at QoS 1, and have what was retained at once. Raises MqttError."""
        await self._subscribe(patterns, mqtt5.RetainHandling.SEND_ALWAYS)

    async def unsubscribe(self, patterns: Sequence[str]) -> None:
        """Take no more of these; what is queued already still comes. Raises MqttError."""
        self._unsubscribed = asyncio.get_running_loop().create_future()
        self._write(mqtt5.UnsubscribePacket(self._next_id(), list(patterns)).write())
        async with asyncio.timeout(10):
            await self._unsubscribed

    def publish(self, topic: str, payload: bytes) -> int:
        """Send at QoS 1 without waiting; returns the packet id under which it is answered."""
        packet_id = self._next_id()
        self._write(
            mqtt5.PublishPacket(
                topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=packet_id
            ).write()
        )
        return packet_id

    def publish_all(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Send at QoS 0: for what is said again if it is not heard."""
        self._write(
            b"".join(mqtt5.PublishPacket(topic, payload).write() for topic, payload in messages)
        )

    def publish_retained(self, topic: str, payload: bytes) -> None:
        """Send at QoS 1, for all who subscribe from now on."""
        self._write(
            mqtt5.PublishPacket(
                topic,
                payload,
                qos=mqtt5.QoS.AT_LEAST_ONCE,
                packet_id=self._next_id(),
                retain=True,
            ).write()
        )

    def acknowledge(self, packet_ids: Iterable[int]) -> None:
        """PUBACK, success, for each: four bytes that need no codec."""
        self._write(b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in packet_ids))

    def ping(self) -> None:
        """Ask for a word. If there was none since the last ping, long ago, the session is lost."""
        now_s = time.monotonic()
        if self._pinged_s is None:
            self._pinged_s = now_s
        elif now_s - self._pinged_s > _SILENT_AFTER_S and self._transport is not None:
            self._transport.abort()
            self._fail("the broker says nothing any more")
            return
        self._write(mqtt5.PingReqPacket().write())

    def close(self) -> None:
        """Say goodbye and leave; the session stays with the broker."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(mqtt5.DisconnectPacket().write())
            self._transport.close()

    def end(self) -> None:
        """Leave for good: the broker forgets the session and whatever it holds for it."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(mqtt5.DisconnectPacket(session_expiry_interval=0).write())
            self._transport.close()

    # -- what the event loop calls ---------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's own name
        if self._filled == len(self._buffer):
            self._grow()
        return self._view[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self._pinged_s = None
        end = self._filled + nbytes
        view, at = self._view, 0
        try:
            while at < end:
                packet, length = mqtt5.read(view[at:end])
                at += length
                if type(packet) is mqtt5.PublishPacket:
                    self._on_message(packet.topic, packet.payload, packet.packet_id, packet.retain)
                else:
                    self._take(packet)
        except IndexError:
            pass  # The rest of this packet is still on its way.
        except ValueError as exc:
            self._fail(f"the broker sent what is not MQTT 5: {exc}")
            return
        self._filled = end - at
        if at and self._filled:
            self._buffer[: self._filled] = self._buffer[at:end]

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(self.reason or (str(exc) if exc else "the broker closed the connection"))

    # -- within ----------------------------------------------------------------------------

    async def _subscribe(self, patterns: Sequence[str], retained: mqtt5.RetainHandling) -> None:
        self._subscribed = asyncio.get_running_loop().create_future()
        qos = mqtt5.QoS.AT_LEAST_ONCE
        filters = [
            mqtt5.TopicFilter(pattern, max_qos=qos, retain_handling=retained)
            for pattern in patterns
        ]
        self._write(mqtt5.SubscribePacket(self._next_id(), filters).write())
        async with asyncio.timeout(10):
            answer = await self._subscribed
        for pattern, code in zip(patterns, answer.reason_codes, strict=True):
            if int(code) >= _FIRST_FAILURE:
                raise MqttError(f"the broker refused the subscription {pattern}: {code!r}")

    def _take(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.ConnAckPacket():
                _resolve(self._connected, packet)
            case mqtt5.SubAckPacket():
                _resolve(self._subscribed, packet)
            case mqtt5.UnsubAckPacket():
                _resolve(self._unsubscribed, packet)
            case mqtt5.DisconnectPacket():
                self.reason = f"the broker ended the session: {packet.reason_code!r}"
            case mqtt5.PubAckPacket():
                if self._on_answer is not None:
                    self._on_answer(packet.packet_id, int(packet.reason_code))
            case _:
                pass  # PINGRESP: nothing waits for it.

    def _grow(self) -> None:
        """Room for one larger packet; the broker's own limit bounds it."""
        grown = bytearray(2 * len(self._buffer))
        grown[: self._filled] = self._buffer[: self._filled]
        self._buffer, self._view = grown, memoryview(grown)

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % 65_535 + 1
        return self._packet_id

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            raise MqttError("the connection to the broker is gone")
        self._transport.write(data)

    def _fail(self, reason: str) -> None:
        self.reason = reason
        if self._transport is not None:
            self._transport.close()
        for waiting in (self._connected, self._subscribed, self._unsubscribed):
            if waiting is not None and not waiting.done():
                waiting.set_exception(MqttError(reason))
        self.lost.set()


def _resolve(future: "asyncio.Future[P] | None", packet: P) -> None:
    if future is not None and not future.done():
        future.set_result(packet)
