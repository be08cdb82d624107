import asyncio
import subprocess

import aiomqtt
import pytest
from aiomqtt import ProtocolVersion

from shared.contracts import dynsec, topics
from tests.support.broker import INGEST_PASSWORD, Broker

GRANTED = 1
NOT_AUTHORIZED = 0x87


def client(broker: Broker, username: str, password: str) -> aiomqtt.Client:
    return aiomqtt.Client(
        broker.host,
        broker.port,
        username=username,
        password=password,
        protocol=ProtocolVersion.V5,
        timeout=5,
    )


@pytest.fixture
def with_camera(broker: Broker) -> Broker:
    broker.stop()
    broker.admit(("F1", "cam", "camera-password"), ("F1", "other", "other-password"))
    broker.start()
    return broker


async def subscribe(connected: aiomqtt.Client, topic: str) -> int:
    (reason,) = await connected.subscribe(topic, qos=1)
    return int(reason if isinstance(reason, int) else reason.value)


def test_hash_is_the_one_mosquitto_passwd_makes() -> None:
    secret = dynsec.mosquitto_hash("pw", b"twelve bytes")
    assert (len(secret.password_hash), secret.iterations) == (64, 101)
    assert secret == dynsec.mosquitto_hash("pw", b"twelve bytes")
    assert secret != dynsec.new_secret("pw")


async def test_device_is_admitted_with_its_password_only(with_camera: Broker) -> None:
    async with client(with_camera, "F1/cam", "camera-password"):
        pass
    with pytest.raises(aiomqtt.MqttError):
        async with client(with_camera, "F1/cam", "other-password"):
            pass


def published(broker: Broker, topic: str) -> str:
    """What mosquitto_pub says of a heartbeat of the camera: nothing, if it was taken."""
    command = ["mosquitto_pub", "-V", "mqttv5", "-h", broker.host, "-p", str(broker.port)]
    command += ["-u", "F1/cam", "-P", "camera-password", "-q", "1", "-t", topic, "-m", "{}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stderr


async def test_device_is_heard_on_its_own_topic_only(with_camera: Broker) -> None:
    own = topics.of("F1", "cam", topics.Leaf.HEARTBEAT)
    async with client(with_camera, "giamsat-ingest", INGEST_PASSWORD) as ingest:
        for pattern in topics.INGEST_RIGHTS.subscribe:
            assert await subscribe(ingest, pattern) == GRANTED
        refused = topics.of("F1", "other", topics.Leaf.HEARTBEAT)
        assert "Not authorized" in published(with_camera, refused)
        assert "Not authorized" in published(with_camera, topics.of("F1", "cam", topics.Leaf.ACK))
        assert not published(with_camera, own)
        async with asyncio.timeout(5):
            first = await anext(aiter(ingest.messages))
    assert str(first.topic) == own


async def test_device_hears_only_what_is_meant_for_it(with_camera: Broker) -> None:
    async with client(with_camera, "F1/cam", "camera-password") as camera:
        assert await subscribe(camera, "giamsat/v1/F1/cam/ack") == GRANTED
        for topic in ("#", "giamsat/#", "giamsat/v1/F1/other/ack", "giamsat/v1/F1/cam/heartbeat"):
            assert await subscribe(camera, topic) == NOT_AUTHORIZED


async def test_ingest_may_not_steer_the_broker(with_camera: Broker) -> None:
    async with client(with_camera, "giamsat-ingest", INGEST_PASSWORD) as ingest:
        assert await subscribe(ingest, "$CONTROL/dynamic-security/#") == NOT_AUTHORIZED
        assert await subscribe(ingest, "#") == NOT_AUTHORIZED


async def test_nobody_is_admitted_without_a_name(with_camera: Broker) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client(with_camera.host, with_camera.port, timeout=5):
            pass
