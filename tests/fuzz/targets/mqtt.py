"""What a broker may send: our session takes any bytes, cut anywhere, and ends rather than raises.

The codec gives up ("panics") on text that is not UTF-8, which no broker passes on. The event loop
ends the connection then, as it does here, and that must end the session.
"""

from typing import Final

import mqtt5

from shared.runtime.mqtt_session import MqttSession

#: Bytes before the stream that say where it is cut.
_CUTS: Final = 8
_ROOM: Final = 1 << 20
#: Where the codec's own way of giving up comes from; its class cannot be imported.
_CODEC: Final = "pyo3_runtime"

Received = list[tuple[str, bytes, int | None, bool]]


def seeds() -> list[bytes]:
    publications = [
        mqtt5.PublishPacket(
            f"giamsat/v1/F/D{number}/heartbeat", b'{"at":1795334400000}', packet_id=number,
            qos=mqtt5.QoS.AT_LEAST_ONCE, retain=number == 2,
        ).write()
        for number in (1, 2, 65_535)
    ]  # fmt: skip
    others = [
        mqtt5.ConnAckPacket(session_present=True).write(),
        mqtt5.SubAckPacket(1, [mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE]).write(),
        mqtt5.UnsubAckPacket(1, [mqtt5.UnsubAckReasonCode.SUCCESS]).write(),
        mqtt5.PubAckPacket(7).write(),
        mqtt5.PingRespPacket().write(),
        mqtt5.DisconnectPacket().write(),
        mqtt5.PublishPacket("giamsat/canary/0", b"1795334400000000").write(),
        mqtt5.PublishPacket("giamsat/v1/F/D/frame", b"\xff" * 300).write(),
    ]
    cuts = bytes((1, 3, 9, 27, 40, 80, 120, 200))
    return [cuts + one for one in (*publications, *others)] + [
        cuts + b"".join([*publications, *others]),
        bytes(_CUTS) + b"".join(publications),
    ]


def one(data: bytes) -> None:
    cuts, stream = data[:_CUTS], data[_CUTS:]
    whole, in_one_piece = _fed(stream, [])
    parts, in_pieces = _fed(stream, list(cuts))
    assert in_pieces == in_one_piece, "messages are the same however the network cuts them"
    assert parts.lost.is_set() == whole.lost.is_set()
    assert bool(whole.reason) or not whole.lost.is_set()
    assert len(whole.get_buffer(-1)) <= max(_ROOM, 2 * len(stream))
    for topic, payload, packet_id, _ in in_one_piece:
        assert len(topic.encode()) + len(payload) <= len(stream)
        assert packet_id is None or 0 <= packet_id <= 65_535


def _fed(stream: bytes, cuts: list[int]) -> tuple[MqttSession, Received]:
    """As by a network: piece by piece, until the session says that it is over."""
    received: Received = []
    session = MqttSession(lambda *message: received.append(message), _answered)
    at = 0
    for cut in [*sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]:
        while at < cut and not session.lost.is_set():
            room = session.get_buffer(-1)
            length = min(len(room), cut - at)
            room[:length] = stream[at : at + length]
            _update(session, length)
            at += length
    return session, received


def _update(session: MqttSession, length: int) -> None:
    """As the event loop does it, which hands on whatever is raised and closes the connection."""
    try:
        session.buffer_updated(length)
    except BaseException as exc:
        if type(exc).__module__ != _CODEC:
            raise
        session.connection_lost(OSError(str(exc)))


def _answered(packet_id: int, code: int) -> None:
    assert 0 <= packet_id <= 65_535
    assert 0 <= code <= 255
