"""A plain device: a shell loop around `mosquitto_pub`, as a technician would try it."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MqttAccess = dict[str, Any]


def publish(mqtt: MqttAccess, payload: object, *, version: str = "mqttv5", topic: str = "") -> str:
    """One message at QoS 1; what mosquitto_pub says about it."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    done = subprocess.run(
        [*_command(mqtt, version, topic), "-s"],
        input=body,
        capture_output=True,
        check=False,
        timeout=20,
    )
    return (done.stdout + done.stderr).decode()


@contextmanager
def beating(mqtt: MqttAccess, *, version: str = "mqttv5", every_s: float = 1) -> Iterator[None]:
    """Heartbeats without `since`, one process each, until the block ends."""
    publishing = " ".join(_command(mqtt, version, ""))
    script = f"""while :; do
        {publishing} -m '{{"at":"'$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)'"}}'
        sleep {every_s}
    done"""
    with subprocess.Popen(["bash", "-c", script]) as loop:
        try:
            yield
        finally:
            loop.kill()


def now_ms(ago_s: float = 0) -> int:
    return time.time_ns() // 1_000_000 - round(ago_s * 1000)


def _command(mqtt: MqttAccess, version: str, topic: str) -> list[str]:
    return [
        "mosquitto_pub", "-V", version, "-q", "1", "-h", mqtt["host"], "-p", str(mqtt["port"]),
        "-u", mqtt["username"], "-P", mqtt["password"], "-t", topic or mqtt["heartbeat_topic"],
    ]  # fmt: skip
