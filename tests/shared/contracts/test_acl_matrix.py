"""Every device × every topic × publish, retain, subscribe, share, will: asked of the real broker.

What is expected comes from the table of rights by a matcher of its own; the broker has the plugin's
rules. A device may do what is its own and nothing else, whichever of its passwords it uses.
"""

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from shared.contracts import dynsec, topics
from shared.contracts.dynsec import DeviceClient, PlatformClient
from shared.contracts.topics import Leaf, Rights
from tests.support.broker import PLATFORM, Broker
from tests.support.mqtt_probe import Prober, die_with_will

#: Facility, device, number of the password. The first two are one device.
LOGINS: Final = (("F1", "cam", 1), ("F1", "cam", 2), ("F1", "gw", 1), ("F2", "cam", 1))
#: Names that are like another's, and devices that are not there.
NEIGHBOURS: Final = (
    ("F1", "cam"), ("F1", "cam~2"), ("F1", "cam2"), ("F1", "gw"), ("F2", "cam"), ("F", "cam"),
)  # fmt: skip
DEEPER: Final = ("zigbee2mqtt/sensor", "heartbeat/x", "ack/x", "command/x", "heartbeat/")
PLATFORM_TOPICS: Final = (
    topics.NONCE,
    f"{topics.NONCE}/x",
    topics.canary(0),
    "giamsat/v1",
    "giamsat/v1/F1",
    "giamsat/v1/F1/cam",
    "giamsat/v2/F1/cam/heartbeat",
    "giamsat",
    "other/topic",
    "$SYS/broker/uptime",
    "$SYS/broker/publish/messages/dropped",
    "$CONTROL/dynamic-security/v1",
    "$CONTROL/dynamic-security/v1/response",
)
WILDCARDS: Final = (
    "#", "+", "+/+/+/+/+", "giamsat/#", "giamsat/v1/#", "giamsat/v1/+/+/heartbeat",
    "giamsat/v1/+/+/ack", "giamsat/v1/F1/#", "giamsat/v1/F1/+/ack", "giamsat/v1/F1/cam/#",
    "giamsat/v1/F1/cam/+", "giamsat/v1/F1/gw/#", "giamsat/v1/F2/#", "giamsat/v1/+/cam/ack",
    "$SYS/#", "$CONTROL/#", "$CONTROL/dynamic-security/#", "giamsat/canary/+", "+/v1/nonce",
)  # fmt: skip
PASSWORD: Final = "password of {}"


@dataclass(frozen=True)
class Probe:
    """One thing that a login tries."""

    login: tuple[str, str, int]
    what: str
    topic: str

    @property
    def rights(self) -> Rights:
        return topics.device_rights(self.login[0], self.login[1])

    @property
    def may(self) -> bool:
        rights = self.rights
        if self.what in {"subscribe", "share"}:
            # A share is none of a device's own filters, whatever is behind it.
            return self.what == "subscribe" and self.topic in rights.subscribe
        denied = any(matches(pattern, self.topic) for pattern in rights.never_publish)
        return not denied and any(matches(pattern, self.topic) for pattern in rights.publish)


def matches(pattern: str, topic: str) -> bool:
    """MQTT 5, section 4.7: a plain reading of it."""
    wanted, given = pattern.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in {"+", "#"}:
        return False
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(given) or level not in {"+", given[at]}:
            return False
    return len(wanted) == len(given)


def all_topics() -> list[str]:
    own = [
        f"{topics.ROOT}/{facility}/{device}/{leaf}"
        for facility, device in NEIGHBOURS
        for leaf in (*Leaf, *DEEPER)
    ]
    return [*own, *PLATFORM_TOPICS]


def all_probes() -> list[Probe]:
    plain = all_topics()
    tried = {
        "publish": plain,
        "retain": plain,
        "will": [topic for topic in plain if not topic.endswith("/")],
        "subscribe": [*plain, *WILDCARDS],
        "share": [*plain, *WILDCARDS],
    }
    return [
        Probe(login, what, topic)
        for login in LOGINS
        for what, where in tried.items()
        for topic in where
    ]


def access_file(*, widened: Rights | None = None) -> dict[str, Any]:
    """As it is made from the registry; `widened` is given to the first device by mistake."""
    devices = [
        DeviceClient(facility, device, dynsec.new_secret(_password(facility, device, n)), n)
        for facility, device, n in LOGINS
    ]
    listener = PlatformClient(
        "listener", dynsec.new_secret("listener"), Rights(subscribe=("#", "$SYS/#", "$CONTROL/#"))
    )
    made = dynsec.document([*PLATFORM, listener], devices)
    if widened is not None:
        for role in made["roles"]:
            if role["rolename"] == dynsec.rolename("F1/cam"):
                role["acls"] += dynsec.acls(widened)
    return made


def _password(facility: str, device: str, number: int) -> str:
    return PASSWORD.format(topics.username(facility, device, number))


@contextmanager
def listening(broker: Broker) -> Iterator["queue.Queue[str]"]:
    """The payloads that come through, whoever sent them and on whatever topic."""
    heard: queue.Queue[str] = queue.Queue()
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.username_pw_set("listener", "listener")
    client.on_message = lambda _client, _data, message: heard.put(message.payload.decode())

    def subscribe(*_: object) -> None:
        client.subscribe([("#", 1), ("$CONTROL/#", 1)])

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: heard.put("listening")
    client.connect(broker.host, broker.port)
    client.loop_start()
    assert heard.get(timeout=10) == "listening"
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def surprises(broker: Broker, access: dict[str, Any], probes: list[Probe]) -> list[Probe]:
    """Where the broker did not do as the table says."""
    broker.stop()
    (broker.folder / "dynamic-security.json").write_text(json.dumps(access))
    broker.start()
    found: list[Probe] = []
    for login in LOGINS:
        mine = [probe for probe in probes if probe.login == login]
        found += _surprises_of(broker, login, mine)
    return found


def _surprises_of(broker: Broker, login: tuple[str, str, int], probes: list[Probe]) -> list[Probe]:
    username, password = topics.username(*login), _password(*login)
    found: list[Probe] = []
    with Prober(broker.host, broker.port, username, password) as prober:
        for probe in probes:
            match probe.what:
                case "publish":
                    may = prober.may_publish(probe.topic)
                case "retain":
                    may = prober.may_publish(probe.topic, retain=True)
                case "subscribe":
                    may = prober.may_subscribe(probe.topic)
                case "share":
                    may = prober.may_subscribe(f"$share/mine/{probe.topic}")
                case _:
                    continue
            if may != probe.may:
                found.append(probe)
    wills = [probe for probe in probes if probe.what == "will"]
    return found + _surprising_wills(broker, (username, password), wills)


def _surprising_wills(broker: Broker, who: tuple[str, str], probes: list[Probe]) -> list[Probe]:
    """What a connection leaves behind that breaks off is heard by everybody, or by nobody."""
    if not probes:
        return []
    with listening(broker) as heard:
        for number, probe in enumerate(probes):
            payload = f"{who[0]}: will {number}".encode()
            die_with_will((broker.host, broker.port), *who, probe.topic, payload=payload)
        with Prober(broker.host, broker.port, *who) as prober:
            own = f"{topics.ROOT}/{probes[0].login[0]}/{probes[0].login[1]}/status"
            assert prober.may_publish(own, payload=b"that was all")
        came: set[str] = set()
        expected = {f"{who[0]}: will {number}" for number, probe in enumerate(probes) if probe.may}
        while not {"that was all", *expected} <= came:
            came.add(heard.get(timeout=10))
    return [
        probe
        for number, probe in enumerate(probes)
        if (f"{who[0]}: will {number}" in came) != probe.may
    ]


def test_nobody_may_do_what_is_not_theirs(broker: Broker) -> None:
    probes = all_probes()
    found = surprises(broker, access_file(), probes)
    allowed = sum(probe.may for probe in probes)
    print(f"probes={len(probes)} allowed={allowed} surprises={len(found)}")
    assert found == []
    assert len(probes) >= 1500


def test_what_is_allowed_is_only_ones_own() -> None:
    """Of the table itself, without a broker: no foreign name stands in what is allowed."""
    for probe in all_probes():
        if probe.may:
            own = f"{topics.ROOT}/{probe.login[0]}/{probe.login[1]}/"
            assert f"{probe.topic}/".startswith(own) or probe.topic == topics.NONCE, probe
            is_down = probe.topic in {f"{own}{leaf}" for leaf in topics.DOWNWARD}
            assert (probe.what == "subscribe") == (is_down or probe.topic == topics.NONCE), probe


@pytest.mark.parametrize(
    ("widened", "what", "topic"),
    [
        (Rights(publish=("giamsat/v1/F1/#",)), "publish", "giamsat/v1/F1/gw/heartbeat"),
        (Rights(publish=("giamsat/v1/F1/#",)), "will", "giamsat/v1/F1/gw/status"),
        (Rights(subscribe=("giamsat/v1/+/+/ack",)), "subscribe", "giamsat/v1/F2/cam/ack"),
        (Rights(subscribe=("$SYS/#",)), "subscribe", "$SYS/#"),
        (Rights(publish=("$CONTROL/#",)), "publish", "$CONTROL/dynamic-security/v1"),
        (
            Rights(subscribe=("$share/mine/giamsat/v1/F1/cam/ack",)),
            "share",
            "giamsat/v1/F1/cam/ack",
        ),
    ],
)
def test_a_rule_too_many_is_found(broker: Broker, widened: Rights, what: str, topic: str) -> None:
    """The same probes against a broker whose file allows one thing more."""
    probes = [Probe(login, what, topic) for login in LOGINS]
    found = surprises(broker, access_file(widened=widened), probes)
    # Both passwords of the device share its role, so both are caught.
    assert [probe.login for probe in found] == [("F1", "cam", 1), ("F1", "cam", 2)]
