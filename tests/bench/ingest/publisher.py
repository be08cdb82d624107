"""A publisher that is no bottleneck: QoS 1 messages of many senders over one raw socket.

As a process of its own: `python -m …publisher KIND PORT SENDERS MESSAGES PER_SECOND`, without a
limit to the rate if that is 0.
Packets are put together from prepared bytes, and of acknowledgements only their number is read.
It prints what it told, as JSON: since when, and until when each sender.
"""

import json
import math
import select
import socket
import sys
import time
from collections.abc import Callable

import mqtt5

from tests.bench.ingest.floods import FLOODS
from tests.bench.ingest.kinds import KINDS

#: Unacknowledged at most; well below the broker's Receive Maximum.
WINDOW = 4_000
CHUNK = 500
#: One device floods as fast as Fast Ethernet carries it.
LINK_BYTES_PER_S = 12_500_000
FLOOD_CHUNK = 20


def publish(
    link: socket.socket,
    packets: Callable[[int, int], bytes],
    messages: int,
    *,
    per_s: float = math.inf,
) -> float:
    """Send messages 0, 1, … as fast as they are acknowledged; returns the seconds it took."""
    acknowledged = Acknowledgements(link)
    sent = 0
    started = time.perf_counter()
    while acknowledged.count < messages:
        is_room = sent < messages and sent - acknowledged.count <= WINDOW - CHUNK
        if is_room:
            time.sleep(max(0, started + sent / per_s - time.perf_counter()))
            upto = min(sent + CHUNK, messages)
            link.sendall(packets(sent, upto))
            sent = upto
        acknowledged.read(wait_s=0 if is_room and sent < messages else 5)
    return time.perf_counter() - started


def flood(link: socket.socket, packets: Callable[[int, int], bytes]) -> None:
    """Send as fast as a device's link carries, until killed."""
    acknowledged = Acknowledgements(link)
    sent = sent_bytes = 0
    began = time.perf_counter()
    while True:
        data = packets(sent, sent + FLOOD_CHUNK)
        link.sendall(data)
        sent += FLOOD_CHUNK
        sent_bytes += len(data)
        time.sleep(max(0, began + sent_bytes / LINK_BYTES_PER_S - time.perf_counter()))
        acknowledged.read(wait_s=0 if sent - acknowledged.count <= WINDOW else 5)


class Acknowledgements:
    """How many PUBACKs have come."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._left = b""
        self.count = 0

    def read(self, *, wait_s: float) -> None:
        ready, _, _ = select.select([self._link], [], [], wait_s)
        if not ready:
            return
        received = self._link.recv(1 << 18)
        if not received:
            raise SystemExit("the broker closed the connection")
        data, at = self._left + received, 0
        while at + 2 <= len(data) and at + 2 + data[at + 1] <= len(data):
            self.count += data[at] == 0x40
            at += 2 + data[at + 1]
        self._left = data[at:]


def connected(port: int, name: str) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port))
    packet = mqtt5.ConnectPacket(
        f"{name}-{time.monotonic_ns()}", username="load", password=b"load", clean_start=True,
        keep_alive=0,
    )  # fmt: skip
    link.sendall(packet.write())
    answer, _ = mqtt5.read(memoryview(link.recv(4096)))
    if not isinstance(answer, mqtt5.ConnAckPacket) or answer.reason_code != 0:
        raise SystemExit(f"the broker refused the publisher: {answer}")
    return link


def main(kind: str, port: int, senders: int, messages: int, per_s: int) -> None:
    link = connected(port, kind)
    if kind in FLOODS:
        flood(link, FLOODS[kind](senders).packets)
    source = KINDS[kind](senders, messages)
    seconds = publish(link, source.packets, messages, per_s=per_s or math.inf)
    link.sendall(mqtt5.DisconnectPacket().write())
    link.close()
    told = {
        "seconds": seconds,
        "since_ms": source.since_ms,
        "until_ms": source.until_ms,
        "devices_each": source.devices_each,
        "stride": source.stride,
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], *(int(number) for number in sys.argv[2:]))
