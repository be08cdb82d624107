import asyncio

import mqtt5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime import mqtt_session
from shared.runtime.mqtt_session import MqttSession

Received = list[tuple[str, bytes, int | None, bool]]


def feed(data: bytes, cuts: list[int]) -> tuple[MqttSession, Received]:
    """Hand the bytes to a session as a network might: in pieces of any length."""
    received: Received = []
    session = MqttSession(lambda *message: received.append(message))
    at = 0
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        while at < cut:
            room = session.get_buffer(-1)
            length = min(len(room), cut - at)
            room[:length] = data[at : at + length]
            session.buffer_updated(length)
            at += length
    return session, received


def publication(number: int, payload: bytes) -> bytes:
    return mqtt5.PublishPacket(
        f"giamsat/v1/F/D{number}/heartbeat",
        payload,
        qos=mqtt5.QoS.AT_LEAST_ONCE,
        packet_id=number + 1,
    ).write()


@given(
    st.lists(st.binary(max_size=300), max_size=20),
    st.lists(st.integers(0, 10_000), max_size=10),
)
def test_messages_are_the_same_however_the_network_cuts_them(
    payloads: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(publication(number, payload) for number, payload in enumerate(payloads))
    _, received = feed(data, cuts)
    assert received == [
        (f"giamsat/v1/F/D{number}/heartbeat", payload, number + 1, False)
        for number, payload in enumerate(payloads)
    ]


def test_a_message_larger_than_the_buffer_is_received_whole() -> None:
    payload = b"x" * 3_000_000
    _, received = feed(publication(0, payload) + publication(1, b"next"), [])
    assert [len(message[1]) for message in received] == [3_000_000, 4]


def test_what_is_not_mqtt_ends_the_session_with_a_reason() -> None:
    session, received = feed(publication(0, b"good") + b"\x00\x00", [])
    assert len(received) == 1
    assert session.lost.is_set()
    assert "not MQTT 5" in session.reason


def test_the_broker_s_answer_to_what_we_published_is_handed_on() -> None:
    answers: list[tuple[int, int]] = []
    session = MqttSession(lambda *_: None, lambda *answer: answers.append(answer))
    nobody_listens = mqtt5.PubAckPacket(
        7, reason_code=mqtt5.PubAckReasonCode.NO_MATCHING_SUBSCRIBERS
    )
    data = nobody_listens.write() + mqtt5.PubAckPacket(8).write()
    session.get_buffer(-1)[: len(data)] = data
    session.buffer_updated(len(data))
    assert dict(answers) == {7: 0x10, 8: 0}
    assert {type(code) for _, code in answers} == {int}  # the library's own cannot be a key


async def test_a_broker_that_says_nothing_after_a_ping_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mqtt_session, "_SILENT_AFTER_S", 0.05)
    listening: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    silent = await asyncio.start_server(
        lambda _, writer: listening.set_result(writer), "127.0.0.1", 0
    )
    session = MqttSession(lambda *_: None)
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: session, *silent.sockets[0].getsockname())
    session.ping()
    session.ping()
    assert not session.lost.is_set()
    await asyncio.sleep(0.1)
    session.ping()
    assert session.lost.is_set()
    assert "says nothing" in session.reason
    (await listening).transport.abort()
    silent.close()
    await silent.wait_closed()


# The codec tells of its panic once more as an exception that nobody can catch.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_text_that_is_not_utf_8_ends_the_session() -> None:
    """The codec panics on it. Brokers pass no such text on; if one does, it must not go unseen."""
    bad = publication(0, b"x").replace(b"heartbeat", b"heart\xffeat")

    async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bad)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(send, "127.0.0.1", 0)
    session = MqttSession(lambda *_: None)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)
    await loop.create_connection(lambda: session, *server.sockets[0].getsockname())
    async with asyncio.timeout(5):
        await session.lost.wait()
    assert session.reason
    server.close()
