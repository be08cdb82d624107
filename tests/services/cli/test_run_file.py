from dataclasses import replace
from pathlib import Path

import pytest

from services.cli import run_file
from services.cli.run_file import Endpoint, LogIn, NotRunningError, RunFile, Running

RUNNING = Running(
    console_url="http://127.0.0.1:8080",
    api_url="http://127.0.0.1:8080/api/v1",
    mqtt=Endpoint("127.0.0.1", 1883),
    database_url="postgresql://giamsat:secret@127.0.0.1:5432/giamsat",
    mail_dir="/data/mail",
    admin=LogIn("admin@giamsat.example", "secret"),
    users={"INSPECTOR": LogIn("thanh.tra@giamsat.example", "secret")},
    processes={"api": 12},
    health={"api": "http://127.0.0.1:8080"},
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    RunFile(tmp_path / "run.json").write(RUNNING)
    assert run_file.read(tmp_path / "run.json") == RUNNING


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    RunFile(tmp_path / "run.json").write(RUNNING)
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600


def test_it_is_kept_current(tmp_path: Path) -> None:
    file = RunFile(tmp_path / "run.json")
    file.write(RUNNING)
    file.write(replace(RUNNING, processes={"api": 13}))
    assert run_file.read(tmp_path / "run.json").processes == {"api": 13}


def test_nothing_is_left_after_the_end(tmp_path: Path) -> None:
    file = RunFile(tmp_path / "run.json")
    file.write(RUNNING)
    file.remove()
    with pytest.raises(NotRunningError, match="giamsat up"):
        run_file.read(tmp_path / "run.json")
