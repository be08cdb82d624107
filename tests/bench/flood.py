"""A publisher that is no bottleneck: QoS 1 heartbeats of many devices over one raw socket.

Run as a process of its own: `python -m tests.bench.flood PORT USER PASSWORD DEVICES MESSAGES`.
Packets are put together from prepared bytes, and of acknowledgements only their number is read.
"""

import select
import socket
import sys
import time

import mqtt5

#: Unacknowledged at most; well below the broker's Receive Maximum.
WINDOW = 4_000
CHUNK = 500


def topics_of(devices: int) -> list[str]:
    """Sixteen devices a facility."""
    return [f"giamsat/v1/F{n // 16:05}/D{n:06}/heartbeat" for n in range(devices)]


def publish(port: int, user: str, password: str, *, devices: int, messages: int) -> float:
    """Publish so many heartbeats as fast as they are acknowledged; returns the seconds it took."""
    link = _connect(port, user, password)
    since_ms = time.time_ns() // 1_000_000 - 1_000
    length = len(_payload(since_ms, since_ms))
    prefixes = [_prefix(topic, length) for topic in topics_of(devices)]
    sent = acked = 0
    started = time.perf_counter()
    while acked < messages:
        if sent < messages and sent - acked <= WINDOW - CHUNK:
            upto = min(sent + CHUNK, messages)
            payload = _payload(time.time_ns() // 1_000_000, since_ms)
            link.sendall(
                b"".join(
                    prefixes[n % devices] + (n % 65_000 + 1).to_bytes(2, "big") + b"\x00" + payload
                    for n in range(sent, upto)
                )
            )
            sent = upto
        acked += _acknowledged(link, is_idle=sent == messages or sent - acked > WINDOW - CHUNK)
    seconds = time.perf_counter() - started
    link.sendall(mqtt5.DisconnectPacket().write())
    link.close()
    return seconds


_left = b""


def _acknowledged(link: socket.socket, *, is_idle: bool) -> int:
    """How many PUBACKs have come; waits for some if there is nothing else to do."""
    global _left  # noqa: PLW0603 - one link a process
    ready, _, _ = select.select([link], [], [], 5.0 if is_idle else 0)
    if not ready:
        return 0
    data = _left + link.recv(1 << 18)
    count = at = 0
    while at + 2 <= len(data) and at + 2 + data[at + 1] <= len(data):
        count += data[at] == 0x40
        at += 2 + data[at + 1]
    _left = data[at:]
    return count


def _payload(at_ms: int, since_ms: int) -> bytes:
    return b'{"at":%d,"since":%d,"state":"ok","rssi":-61}' % (at_ms, since_ms)


def _prefix(topic: str, payload_length: int) -> bytes:
    """PUBLISH, QoS 1, up to the packet id; no properties."""
    name = topic.encode()
    remaining = 2 + len(name) + 2 + 1 + payload_length
    header = bytearray([0x32])
    while True:
        remaining, low = divmod(remaining, 128)
        header.append(low | (0x80 if remaining else 0))
        if not remaining:
            return bytes(header) + len(name).to_bytes(2, "big") + name


def _connect(port: int, user: str, password: str) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port))
    packet = mqtt5.ConnectPacket(
        "flood", username=user, password=password.encode(), clean_start=True, keep_alive=0
    )
    link.sendall(packet.write())
    answer, _ = mqtt5.read(memoryview(link.recv(4096)))
    if not isinstance(answer, mqtt5.ConnAckPacket) or answer.reason_code != 0:
        raise SystemExit(f"the broker refused the flood: {answer}")
    return link


if __name__ == "__main__":
    port, user, password, devices, messages = sys.argv[1:]
    print(publish(int(port), user, password, devices=int(devices), messages=int(messages)))
