"""A real Mosquitto for tests, with the platform's clients and whichever devices are asked for."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shared.contracts import dynsec, topics
from tests.support.ports import free_port

HOST = "127.0.0.1"
INGEST_PASSWORD = "ingest-password"
REGISTRY_PASSWORD = "registry-password"

PLATFORM = (
    dynsec.PlatformClient(
        "giamsat-ingest", dynsec.new_secret(INGEST_PASSWORD), topics.INGEST_RIGHTS
    ),
    dynsec.PlatformClient(
        "giamsat-registry", dynsec.new_secret(REGISTRY_PASSWORD), topics.REGISTRY_RIGHTS
    ),
)


@dataclass
class Broker:
    """One Mosquitto in one folder; it can be stopped, killed and started again on its port."""

    folder: Path
    port: int
    host: str = HOST
    ingest_password: str = INGEST_PASSWORD
    registry_password: str = REGISTRY_PASSWORD
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    others: Sequence[dynsec.PlatformClient] = ()

    def admit(self, *devices: tuple[str, str, str]) -> None:
        """Write the access file with (facility, device, password) each; before `start`."""
        clients = [
            dynsec.DeviceClient(facility, device, dynsec.new_secret(password))
            for facility, device, password in devices
        ]
        access = dynsec.document([*PLATFORM, *self.others], clients)
        (self.folder / "dynamic-security.json").write_text(json.dumps(access))

    def start(self) -> None:
        self.process = subprocess.Popen(
            [_binary(), "-c", self.folder / "mosquitto.conf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_for(self.port, self.process)

    def stop(self) -> None:
        """End it in order: what it holds is saved."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text(errors="replace")


@contextmanager
def running_broker(
    devices: Sequence[tuple[str, str, str]] = (), others: Sequence[dynsec.PlatformClient] = ()
) -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="giamsat-mqtt-") as folder:
        broker = Broker(Path(folder), free_port(), others=others)
        (broker.folder / "mosquitto.conf").write_text(_configuration(broker))
        broker.admit(*devices)
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()


def _configuration(broker: Broker) -> str:
    plugin = next(Path("/usr/lib").rglob("mosquitto_dynamic_security.so"))
    return f"""\
listener {broker.port} {broker.host}
user {pwd.getpwuid(os.geteuid()).pw_name}
allow_anonymous false
plugin {plugin}
plugin_opt_config_file {broker.folder}/dynamic-security.json
persistence true
persistence_location {broker.folder}/
message_size_limit 1048576
max_queued_bytes 268435456
max_queued_messages 2000000
max_inflight_messages 0
log_dest file {broker.folder}/mosquitto.log
log_type error
log_type warning
log_type notice
"""


def _binary() -> str:
    return shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        if process.poll() is not None:
            raise RuntimeError(f"mosquitto ended at once with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError("mosquitto does not answer")
