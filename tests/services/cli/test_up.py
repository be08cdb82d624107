import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from services.cli import data_lock, run_file
from tests.support.waiting import eventually


@contextmanager
def up(data: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "services.cli", "up", "--data", str(data), *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        yield process
        if process.poll() is None:
            process.kill()


def test_a_second_start_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with data_lock.held(tmp_path / "lock"), up(tmp_path, "--port", "0") as second:
        said, _ = second.communicate(timeout=20)
    assert second.returncode == 1
    assert re.fullmatch(rf"giamsat is already running on .* \(process {os.getpid()}\).*\n", said)


def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path, free_server: int) -> None:
    with up(tmp_path, "--port", str(free_server)) as process:
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert said.count("\n") == 1
    assert f"Port {free_server} is taken" in said
    assert "--port 0" in said


@pytest.mark.parametrize("wrong", [("--port", "99999"), ("--port", "-1"), ("--mqtt-port", "-2")])
def test_a_number_that_is_no_port_is_told_in_one_line(
    tmp_path: Path, wrong: tuple[str, str]
) -> None:
    with up(tmp_path, *wrong) as process:
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert re.fullmatch(rf"{wrong[0]} {wrong[1]}: a port is a number .*\n", said)


def a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file"


def a_log_that_cannot_be_written(folder: Path) -> Path:
    (folder / "log" / "up.log").mkdir(parents=True)
    return folder


def a_lock_that_cannot_be_written(folder: Path) -> Path:
    (folder / "lock").mkdir()
    return folder


@pytest.mark.parametrize(
    "unusable",
    [
        lambda _: Path("/proc/x"),
        a_file,
        a_log_that_cannot_be_written,
        a_lock_that_cannot_be_written,
    ],
)
def test_a_folder_that_cannot_hold_the_data_is_told_in_one_line(
    tmp_path: Path, unusable: Callable[[Path], Path]
) -> None:
    folder = unusable(tmp_path)
    with up(folder, "--port", "0", "--mqtt-port", "0") as process:
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert said.count("\n") == 1
    assert str(folder) in said


@pytest.fixture
def free_server() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


async def test_ended_while_it_starts_it_leaves_nobody_behind(tmp_path: Path) -> None:
    with up(tmp_path / "data", "--port", "0", "--mqtt-port", "0") as process:

        async def children() -> list[psutil.Process]:
            return psutil.Process(process.pid).children()

        (first, *_) = await eventually(children, within_s=20) or []
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert not first.is_running()
    with pytest.raises(run_file.NotRunningError):
        run_file.read(tmp_path / "data" / "run.json")
