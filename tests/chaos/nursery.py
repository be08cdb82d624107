"""Starts worker processes through the fork server, and knows how each of them ends."""

import asyncio
import os
import signal
import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]


class _Told(msgspec.Struct, frozen=True):
    """A line of the fork server."""

    began: int = 0
    ended: int = 0
    code: int = 0


_decode = msgspec.json.Decoder(_Told).decode


@dataclass(slots=True)
class WorkerProcess:
    """One worker. `ended` gets its exit code, or minus the signal that ended it."""

    pid: int
    plan: msgspec.Struct
    ended: asyncio.Future[int]

    @property
    def is_alive(self) -> bool:
        return not self.ended.done()

    def send(self, number: signal.Signals) -> None:
        if self.is_alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Nursery:
    """As a context manager it runs for the length of the block; nobody outlives it."""

    def __init__(self, module: str = "tests.chaos.worker") -> None:
        self._module = module
        self._living: dict[int, WorkerProcess] = {}
        self._expected: deque[tuple[msgspec.Struct, asyncio.Future[WorkerProcess]]] = deque()

    async def __aenter__(self) -> "Nursery":
        self._server = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self._living.values():
            worker.send(signal.SIGKILL)
        if self._server.stdin is not None:
            self._server.stdin.close()
        await self._server.wait()
        await self._listening

    async def spawn(self, plan: msgspec.Struct) -> WorkerProcess:
        stdin = self._server.stdin
        if stdin is None:
            raise RuntimeError("the fork server has no input")
        born: asyncio.Future[WorkerProcess] = asyncio.get_running_loop().create_future()
        self._expected.append((plan, born))
        stdin.write(msgspec.json.encode(plan) + b"\n")
        return await born

    async def _listen(self) -> None:
        stdout = self._server.stdout
        if stdout is None:
            raise RuntimeError("the fork server has no output")
        while line := await stdout.readline():
            told = _decode(line)
            if told.began:
                plan, born = self._expected.popleft()
                ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
                self._living[told.began] = WorkerProcess(told.began, plan, ended)
                born.set_result(self._living[told.began])
            elif (worker := self._living.pop(told.ended, None)) is not None:
                worker.ended.set_result(told.code)
