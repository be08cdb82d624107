"""A telephone of gammu's own making: the real program, with a folder for a modem."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

FOLDERS = 5


@dataclass(frozen=True)
class DummyPhone:
    folder: Path

    @property
    def config_file(self) -> Path:
        return self.folder / "gammurc"

    def install(self) -> None:
        for number in range(1, FOLDERS + 1):
            (self.folder / "phone" / "sms" / str(number)).mkdir(parents=True)
        self.config_file.write_text(
            f"[gammu]\nmodel = dummy\nconnection = none\ndevice = {self.folder / 'phone'}\n"
        )

    def receive(self, sender: str, text: str) -> None:
        """Somebody sends a message to this telephone."""
        marked = [] if text.isascii() else ["-unicode"]
        subprocess.run(
            ["gammu", "-c", str(self.config_file), "savesms", "TEXT", "-folder", "1", "-unread",
             "-sender", sender, *marked],
            input=text.encode(), check=True, capture_output=True,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip

    def waiting(self) -> int:
        """How many messages lie in its inbox."""
        return len(list((self.folder / "phone" / "sms" / "1").iterdir()))
