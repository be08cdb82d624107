"""One camera, looked through in a process of its own, which is replaced when it hangs or dies."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

import msgspec

from services.edge.sources import Film, Room, Stream
from services.edge.troubles import MEND, Trouble
from services.edge.watch import Look
from shared.domain.states import WatchState
from shared.runtime import clock, logging

log = logging.get(__name__)

#: Longer than any driver's own time limit; then the process itself must be stuck.
SILENT_FOR_S = 20.0
RESTART_AFTER_S = 2.0
_decode = msgspec.json.Decoder(Look).decode


class Camera:
    """Looks through a camera until cancelled; each look goes to `see`."""

    def __init__(
        self, device: str, source: Stream | Film | Room, see: Callable[[Look], None]
    ) -> None:
        self._device = device
        self._source = source
        self._see = see
        self._process: Process | None = None
        self._trouble: Trouble | None = None

    async def keep_looking(self) -> None:
        while True:
            reason = await self._look()
            log.warning("camera_process_ended", device=self._device, reason=reason)
            self._see(Look(self._device, WatchState.SIGNAL_LOSS, clock.now_us() // 1000))
            await asyncio.sleep(RESTART_AFTER_S)

    async def cause(self, trouble: Trouble) -> None:
        """Trouble in a rendered room."""
        self._trouble = trouble
        await self._order(trouble)

    async def mend(self) -> None:
        self._trouble = None
        await self._order(MEND)

    async def _look(self) -> str:
        """One life of the process; returns why it ended."""
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.edge.eye", stdin=PIPE, stdout=PIPE, env=_quiet()
        )
        try:
            await self._order(self._device)
            await self._order(_with_secrets(self._source))
            if self._trouble is not None:
                await self._order(self._trouble)
            return await self._relay(process)
        finally:
            self._process = None
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _relay(self, process: Process) -> str:
        if process.stdout is None:
            return "no output"
        while True:
            try:
                async with asyncio.timeout(SILENT_FOR_S):
                    line = await process.stdout.readline()
            except TimeoutError:
                return "silent"
            if not line:
                return "died"
            self._see(_decode(line))

    async def _order(self, word: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(f"{word}\n".encode())
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # It has just died; its successor is told.


def _quiet() -> dict[str, str]:
    """The video library would write addresses, passwords and all, into our log."""
    return {**os.environ, "OPENCV_LOG_LEVEL": "OFF", "OPENCV_FFMPEG_LOGLEVEL": "-8"}


def _with_secrets(source: Stream | Film | Room) -> str:
    """As JSON; an address goes through the pipe whole, never through the command line."""
    fields = source.model_dump()
    if isinstance(source, Stream):
        fields["url"] = source.url.get_secret_value()
    return msgspec.json.encode(fields).decode()
