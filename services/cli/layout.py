"""Where everything lies in the data folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """One data folder: all that giamsat keeps on a machine."""

    root: Path

    @property
    def run_file(self) -> Path:
        return self.root / "run.json"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def witness(self) -> Path:
        """The heads of the access log, which the database alone could not witness."""
        return self.root / "witness" / "access-log-heads.jsonl"

    @property
    def mail(self) -> Path:
        return self.root / "mail"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def mosquitto(self) -> Path:
        return self.root / "mosquitto"

    @property
    def demo(self) -> Path:
        """What the simulated gateways keep."""
        return self.root / "demo"

    @property
    def demo_socket(self) -> Path:
        return self.demo / "control.sock"

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"
