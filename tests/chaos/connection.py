"""One MQTT 5 connection of a sender, on the codec alone: it keeps nothing and hides nothing."""

import asyncio
from collections.abc import Callable
from typing import cast

import mqtt5

HOST = "127.0.0.1"
ANSWER_WITHIN_S = 2.0

NONCE = "giamsat/v1/nonce"

#: Topic and payload of what we subscribed to.
OnMessage = Callable[[str, bytes], None]
#: Packet id and reason code of a PUBACK.
OnTaken = Callable[[int, int], None]


class Connection(asyncio.Protocol):
    """Publishes at QoS 1. `lost` is set when it is over."""

    def __init__(self, on_message: OnMessage, on_taken: OnTaken) -> None:
        self._on_message = on_message
        self._on_taken = on_taken
        self._data = b""
        self._packet_id = 0
        self._answers: asyncio.Queue[mqtt5.ConnAckPacket | mqtt5.SubAckPacket] = asyncio.Queue()
        self._transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()
        #: Bytes that came so far: a connection that says nothing more is none.
        self.heard = 0

    async def open(self, port: int, *, username: str, password: str, own_topic: str) -> None:
        """Log in, subscribe to acknowledgements and nonce. Raises OSError or TimeoutError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await loop.create_connection(lambda: self, HOST, port)
            self._write(
                mqtt5.ConnectPacket(
                    username, username=username, password=password.encode(), clean_start=True
                ).write()
            )
            answer = await self._answer()
            if isinstance(answer, mqtt5.ConnAckPacket) and answer.reason_code != 0:
                raise ConnectionRefusedError(answer.reason_code.name)
            filters = [
                mqtt5.TopicFilter(topic, max_qos=mqtt5.QoS.AT_LEAST_ONCE)
                for topic in (f"{own_topic}/ack", NONCE)
            ]
            self._write(mqtt5.SubscribePacket(self._next_id(), filters).write())
            await self._answer()

    def publish(self, topic: str, payload: bytes, *, is_retained: bool) -> int:
        """The packet id, or nothing kept if the connection is gone."""
        packet = mqtt5.PublishPacket(
            topic,
            payload,
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            retain=is_retained,
            packet_id=self._next_id(),
        )
        self._write(packet.write())
        return self._packet_id

    def ping(self) -> None:
        self._write(mqtt5.PingReqPacket().write())

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _answer(self) -> mqtt5.ConnAckPacket | mqtt5.SubAckPacket:
        answer = asyncio.create_task(self._answers.get())
        lost = asyncio.create_task(self.lost.wait())
        try:
            await asyncio.wait((answer, lost), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise ConnectionResetError
            return answer.result()
        finally:
            answer.cancel()
            lost.cancel()

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % 65_535 + 1
        return self._packet_id

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    # -- what the event loop calls ---------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        self.heard += len(data)
        view, at = memoryview(self._data), 0
        try:
            while at < len(view):
                packet, size = mqtt5.read(view[at:])
                at += size
                self._take(packet)
        except IndexError:
            pass  # The rest is still on its way.
        self._data = self._data[at:]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own
        self.lost.set()

    def _take(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.PublishPacket():
                if packet.packet_id is not None:
                    self._write(mqtt5.PubAckPacket(packet.packet_id).write())
                self._on_message(packet.topic, packet.payload)
            case mqtt5.PubAckPacket():
                self._on_taken(packet.packet_id, int(packet.reason_code))
            case mqtt5.ConnAckPacket() | mqtt5.SubAckPacket():
                self._answers.put_nowait(packet)
            case _:
                pass
