"""The product's own processes, started as they run in earnest."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from shared.runtime.settings import SECRETS_DIR


@dataclass
class Service:
    """A running `python -m services.NAME`."""

    name: str
    process: subprocess.Popen[bytes]
    health_url: str
    log: Path

    def metric(self, name: str) -> float:
        """A figure from /metrics, without its labels; the sum if there are several."""
        lines = httpx.get(f"{self.health_url}/metrics").text.splitlines()
        values = [
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.split("{")[0].split(" ")[0] == name
        ]
        return sum(values)


@contextmanager
def running_service(
    name: str,
    *,
    health_port: int,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    module: str | None = None,
) -> Iterator[Service]:
    """Start a service, or a module in its place; wait until it is ready, end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="giamsat-secrets-") as folder:
        for key, value in secrets.items():
            (Path(folder) / key).write_text(value)
        log = Path(folder) / f"{name}.log"
        environment = {**os.environ, **settings, SECRETS_DIR: folder}
        with log.open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", module or f"services.{name}"], env=environment, stderr=err
            )
        service = Service(name, process, f"http://127.0.0.1:{health_port}", log)
        try:
            _wait_until_ready(service)
            yield service
        finally:
            process.terminate()
            process.wait(15)


def _wait_until_ready(service: Service) -> None:
    for _ in range(500):
        if service.process.poll() is not None:
            break
        try:
            if httpx.get(f"{service.health_url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"{service.name} is not ready:\n{service.log.read_text()[-3000:]}")
