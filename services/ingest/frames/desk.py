"""Hands pictures to the process that looks at them, and starts a new one if it hangs or dies."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from typing import Final

from services.ingest.frames.wire import LENGTH_BYTES, Picture, Seen, decode_seen, framed
from shared.runtime import logging

log = logging.get(__name__)

#: The slowest picture takes some milliseconds; then the process itself must be stuck.
WITHIN_S: Final = 5.0


class Desk:
    """One process, started with the first picture."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def look(self, picture: Picture) -> Seen:
        """What a picture shows; without a state if it could not be judged."""
        try:
            async with asyncio.timeout(WITHIN_S):
                return await self._ask(picture)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as exc:
            log.warning("eye_ended", error=type(exc).__name__)
            await self.close()
            return Seen(picture.device_id, None, "not_judged")

    async def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _ask(self, picture: Picture) -> Seen:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.ingest.frames.eye", stdin=PIPE, stdout=PIPE,
                env=_without_secrets(os.environ),
            )  # fmt: skip
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise BrokenPipeError
        process.stdin.write(framed(picture))
        await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
        return decode_seen(await process.stdout.readexactly(length))


def _without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """It decodes what strangers send, so it shall know nothing worth stealing."""
    kept = {key: value for key, value in environ.items() if not key.startswith(("INGEST_", "GIAM"))}
    return {**kept, "OPENCV_LOG_LEVEL": "OFF"}
