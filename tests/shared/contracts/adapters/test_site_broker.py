"""The lines of docs/adapters.md in a real Mosquitto, bridged to ours as a registered gateway."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest
from paho.mqtt.subscribeoptions import SubscribeOptions

from shared.contracts import topics
from shared.contracts.adapters.base import Attestation, Heard
from shared.contracts.adapters.rules import Dialect, Rule, RuleBook
from tests.shared.contracts.adapters.laws import RECEIVED_US
from tests.shared.contracts.adapters.test_shelly import DELTA
from tests.shared.contracts.adapters.test_sparkplug import DOOR_TOLD
from tests.shared.contracts.adapters.test_tasmota import STATE
from tests.support.broker import HOST, INGEST_PASSWORD, Broker, running_broker
from tests.support.ports import free_port

GUIDE = Path(__file__).parents[4] / "docs/adapters.md"
OWN = "giamsat/v1/F1/gw/"
RULES = RuleBook(
    [
        Rule(Dialect.FRIGATE, "frigate", "hall", "cam-1"),
        Rule(Dialect.ZIGBEE2MQTT, "zigbee2mqtt", "door", "door-1"),
        Rule(Dialect.TASMOTA, "tasmota", "plug", "plug-1"),
        Rule(Dialect.SHELLY, "shelly", "button", "button-1"),
        Rule(Dialect.SPARKPLUG, "sparkplug", "hub/door", "door-2"),
    ]
)
STATS = b'{"cameras":{"hall":{"camera_fps":5.1}},"service":{"uptime":9000}}'
SENSOR = b'{"contact":true,"last_seen":"2026-11-22T08:00:00+00:00"}'


def lines(broker: Broker) -> str:
    """What the guide says, with what is known of this site."""
    (block,) = re.findall(r"^```conf\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    known = {"HOST:1883": f"{HOST}:{broker.port}", "FACILITY": "F1", "GATEWAY": "gw",
             "PASSWORD": "gateway-password", "GROUP": "Centre"}  # fmt: skip
    for name, value in known.items():
        block = block.replace(name, value)
    return str(block)


@pytest.fixture
def ours() -> Iterator[Broker]:
    with running_broker(devices=[("F1", "gw", "gateway-password")]) as broker:
        yield broker


@pytest.fixture
def site(ours: Broker, tmp_path: Path) -> Iterator[int]:
    port = free_port()
    folder = tmp_path / "mosquitto.conf"
    head = f"listener {port} {HOST}\nallow_anonymous true\n"
    folder.write_text(head + lines(ours) + "restart_timeout 1\n")
    process = subprocess.Popen(["mosquitto", "-c", folder], stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


def say(port: int, topic: str, payload: bytes, *flags: str) -> None:
    """Publish at the site; the first retries until the site's broker is there."""
    command = ["mosquitto_pub", "-h", HOST, "-p", str(port), "-q", "1", "-t", topic, "-s", *flags]
    for _ in range(50):
        if subprocess.run(command, input=payload, capture_output=True, check=False).returncode == 0:
            return
    raise AssertionError("the site's broker does not answer")


@asynccontextmanager
async def ingest(broker: Broker) -> AsyncIterator[aiomqtt.Client]:
    """Hears what is published from now on, as ingest does, not what our broker kept."""
    client = aiomqtt.Client(
        HOST,
        broker.port,
        username="giamsat-ingest",
        password=INGEST_PASSWORD,
        protocol=aiomqtt.ProtocolVersion.V5,
        timeout=5,
    )
    fresh_only = SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=2)
    async with client, asyncio.timeout(30):
        for pattern in topics.INGEST_FILTERS:
            await client.subscribe(pattern, options=fresh_only)
        yield client


async def until(client: aiomqtt.Client, topic: str) -> list[Heard]:
    """Everything that arrives, up to the first of that topic."""
    arrived: list[Heard] = []
    async for message in client.messages:
        below = str(message.topic).removeprefix(OWN)
        arrived.append(Heard(below, bytes(message.payload), RECEIVED_US, message.retain))
        if below == topic:
            break
    return arrived


async def test_what_a_site_has_arrives_and_is_understood(ours: Broker, site: int) -> None:
    async with ingest(ours) as client:
        say(site, "frigate/available", b"online", "-r")
        assert [heard.is_retained for heard in await until(client, "frigate/available")] == [True]
        said = [
            ("frigate/stats", STATS), ("zigbee2mqtt/door", SENSOR),
            ("tele/plug/STATE", STATE.encode()), ("button/events/rpc", DELTA.encode()),
            ("spBv1.0/Centre/DDATA/hub/door", bytes.fromhex(DOOR_TOLD)),
            ("frigate/events", b"not for us"), ("tele/plug/INFO2", b"nor this"),
        ]  # fmt: skip
        for topic, payload in said:
            say(site, topic, payload)
        say(site, "frigate/hall/status/detect", b"online")
        arrived = await until(client, "frigate/hall/status/detect")
    watched = {
        device
        for heard in arrived
        for device, statement in RULES.interpret(
            heard.topic,
            heard.payload,
            received_us=heard.received_us,
            is_retained=heard.is_retained,
            memory=None,
        ).statements
        if isinstance(statement, Attestation)
    }
    assert watched == {"cam-1", "door-1", "plug-1", "button-1", "door-2"}
    assert {heard.payload for heard in arrived}.isdisjoint({b"not for us", b"nor this"})


async def test_what_was_said_while_the_link_was_down_is_not_taken_for_now(
    ours: Broker, site: int
) -> None:
    async with ingest(ours) as client:
        say(site, "frigate/available", b"online", "-r")
        await until(client, "frigate/available")
    ours.stop()
    say(site, "tele/plug/STATE", STATE.encode())
    ours.start()
    async with ingest(ours) as client:
        arrived = await until(client, "frigate/available")
        say(site, "tele/plug/LWT", b"Online")
        arrived += await until(client, "tasmota/tele/plug/LWT")
    assert "tasmota/tele/plug/STATE" not in {heard.topic for heard in arrived}
