"""A fork server: reads a plan a line, forks a worker for each, and tells how each of them ended.

It tells the process id first. To fork takes milliseconds where to start takes a second, so that
hundreds can die in a few minutes.
"""

import json
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import TypeVar

import msgspec

P = TypeVar("P", bound=msgspec.Struct)


def fork(plan: P, work: Callable[[P], None]) -> int:
    """The process id of a new worker."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.close(0)
    try:
        work(plan)
    except BaseException:  # noqa: BLE001 - told by the exit code; the parent's code must not run
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def tell(**words: int) -> None:
    print(json.dumps(words), flush=True)


def reap(living: set[int]) -> None:
    """Tell of whoever has ended: the exit code, or minus the signal."""
    for pid in list(living):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            living.discard(pid)
            tell(ended=pid, code=os.waitstatus_to_exitcode(status))


def main(kind: type[P], work: Callable[[P], None]) -> None:
    """Until the input ends; then whoever still lives is killed."""
    ears, mouth = os.pipe()
    os.set_blocking(mouth, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
    living: set[int] = set()
    waiting = b""
    while True:
        ready, _, _ = select.select([0, ears], [], [])
        if ears in ready:
            os.read(ears, 1024)
            reap(living)
        if 0 in ready:
            data = os.read(0, 65_536)
            if not data:
                break
            *lines, waiting = (waiting + data).split(b"\n")
            for line in lines:
                pid = fork(msgspec.json.decode(line, type=kind), work)
                living.add(pid)
                tell(began=pid)
    for pid in living:
        os.kill(pid, signal.SIGKILL)
