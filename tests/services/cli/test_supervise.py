import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from services.cli.supervise import Child, NotReadyError, Supervisor, delay_s

#: Says that it runs, then waits to be ended; it notes the signal that ends it.
WAITING = """
import pathlib, signal, sys, time
mark = pathlib.Path(sys.argv[1])
def end(*_):
    with mark.with_name("ends").open("a") as ends: ends.write(mark.name + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
mark.touch()
while True: time.sleep(60)
"""
STUBBORN = WAITING.replace("signal.signal(signal.SIGTERM, end)", "signal.signal(15, lambda *_: 0)")

#: Supervises one child, and prints its number.
HOUSEHOLD = """
import asyncio, os, pathlib, sys
from services.cli.supervise import Child, Supervisor
async def is_ready():
    return True
async def main():
    supervisor = Supervisor()
    log = pathlib.Path(sys.argv[1]) / "log"
    await supervisor.start(Child("toy", ("sleep", "60"), log, os.environ, is_ready))
    print(supervisor.pids["toy"], flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def toy(folder: Path, name: str = "toy", script: str = WAITING) -> Child:
    mark = folder / name

    async def is_ready() -> bool:
        return mark.exists()

    command = (sys.executable, "-S", "-c", script, str(mark))
    return Child(name, command, folder / f"{name}.log", dict(os.environ), is_ready, stop_within_s=2)


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    running = Supervisor()
    yield running
    await running.stop(list(running.pids))


async def eventually(is_so: Callable[[], bool | Awaitable[bool]], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while True:
            answer = is_so()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)


async def test_start_returns_when_the_child_serves(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(toy(tmp_path))
    assert (tmp_path / "toy").exists()


async def test_a_killed_child_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    changes: list[dict[str, int]] = []
    supervisor._on_change = lambda: changes.append(supervisor.pids)
    await supervisor.start(toy(tmp_path))
    first = supervisor.pids["toy"]
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: supervisor.pids.get("toy", first) != first, within_s=2)
    assert [list(pids) for pids in changes] == [["toy"], ["toy"]]


async def test_a_child_that_never_serves_is_told_with_the_end_of_its_log(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(NotReadyError, match="no such port"):
        await supervisor.start(toy(tmp_path, script="raise SystemExit('no such port')"))


async def test_what_must_be_done_before_a_start_is_done_before_every_start(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    starts: list[int] = []

    async def before_start() -> None:
        starts.append(len(starts))
        if len(starts) == 2:
            raise ConnectionRefusedError

    await supervisor.start(replace(toy(tmp_path), before_start=before_start))
    first = supervisor.pids["toy"]
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: supervisor.pids.get("toy", first) != first)
    assert len(starts) == 3


@pytest.mark.parametrize(
    "fault",
    [
        OperationalError("SELECT", {}, Exception("the server closed the connection")),
        InterfaceError("SELECT", {}, Exception("connection is closed")),
        DBAPIError("SELECT", {}, Exception("connection was closed in the middle")),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        OSError("connection refused"),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_fault_before_a_start_that_passes_ends_nothing(
    supervisor: Supervisor, tmp_path: Path, fault: Exception
) -> None:
    faults = iter([fault, fault])

    async def before_start() -> None:
        if (current := next(faults, None)) is not None:
            raise current

    await supervisor.start(replace(toy(tmp_path), before_start=before_start))
    assert "toy" in supervisor.pids
    assert not supervisor.broken.done()


async def test_a_bug_before_a_start_is_not_tried_again(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    async def before_start() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await supervisor.start(replace(toy(tmp_path), before_start=before_start))
    assert supervisor.broken.done()


async def test_layers_stop_in_the_order_given(supervisor: Supervisor, tmp_path: Path) -> None:
    for name in ("database", "broker", "service"):
        await supervisor.start(toy(tmp_path, name))
    for name in ("service", "broker", "database"):
        await supervisor.stop([name])
    assert (tmp_path / "ends").read_text().split() == ["service", "broker", "database"]
    assert supervisor.pids == {}


async def test_a_child_that_does_not_end_is_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(toy(tmp_path, script=STUBBORN))
    pid = supervisor.pids["toy"]
    await supervisor.stop(["toy"])
    assert not psutil.pid_exists(pid)


async def test_a_stopped_child_is_not_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(toy(tmp_path))
    await supervisor.stop(["toy"])
    await asyncio.sleep(0.2)
    assert supervisor.pids == {}


async def test_nobody_is_orphaned_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    household = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOUSEHOLD, str(tmp_path), stdout=subprocess.PIPE
    )
    assert household.stdout is not None
    child = int(await household.stdout.readline())
    household.kill()
    await household.wait()
    await eventually(lambda: not psutil.pid_exists(child))


def test_the_first_restart_is_immediate_and_the_wait_stays_short() -> None:
    assert [delay_s(deaths) for deaths in range(1, 8)] == [0, 0.5, 1, 2, 2, 2, 2]
