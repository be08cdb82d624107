"""How trouble is asked for: one line of JSON there, one back, over a socket in the data folder."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum, auto
from pathlib import Path

import msgspec

from shared.runtime.errors import GiamsatError

ANSWER_WITHIN_S = 10.0


class Deed(StrEnum):
    """What can be asked for."""

    CUT = auto()
    RESTORE = auto()
    KILL = auto()
    COVER = auto()
    STATUS = auto()


class Order(msgspec.Struct, frozen=True):
    """A deed, and to what."""

    do: Deed
    to: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """What was done, in words; or why it was not."""

    is_done: bool
    words: str


class DemoNotRunningError(GiamsatError):
    """Nobody listens."""

    def __init__(self) -> None:
        super().__init__("The demo does not run here. Start it with: giamsat up --demo")


class RefusedError(GiamsatError):
    """The demo says why it cannot."""


_order = msgspec.json.Decoder(Order).decode
_answer = msgspec.json.Decoder(Answer).decode


async def listen(socket_file: Path, obey: Callable[[Order], Awaitable[str]]) -> asyncio.Server:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if line := await reader.readline():
            writer.write(msgspec.json.encode(await _answered(line, obey)) + b"\n")
            await writer.drain()
        writer.close()

    _clear(socket_file)
    with short(socket_file) as path:
        return await asyncio.start_unix_server(meet, path)


def _clear(socket_file: Path) -> None:
    """Only we may talk to what listens here: nobody else can enter a folder of mode 0700."""
    socket_file.parent.mkdir(mode=0o700, exist_ok=True)
    socket_file.unlink(missing_ok=True)


@contextmanager
def short(socket_file: Path) -> Iterator[str]:
    """The same file by a short path: an address of a socket holds no more than 107 bytes."""
    folder = os.open(socket_file.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{socket_file.name}"
    finally:
        os.close(folder)


async def _answered(line: bytes, obey: Callable[[Order], Awaitable[str]]) -> Answer:
    try:
        return Answer(is_done=True, words=await obey(_order(line)))
    except (GiamsatError, msgspec.MsgspecError) as fault:
        return Answer(is_done=False, words=str(fault))


async def is_listening(socket_file: Path) -> bool:
    try:
        await ask(socket_file, Order(Deed.STATUS))
    except DemoNotRunningError:
        return False
    return True


async def ask(socket_file: Path, order: Order) -> str:
    """What was done, in words."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            with short(socket_file) as path:
                reader, writer = await asyncio.open_unix_connection(path)
            writer.write(msgspec.json.encode(order) + b"\n")
            line = await reader.readline()
    except (OSError, TimeoutError) as exc:  # also: there is no such folder
        raise DemoNotRunningError from exc
    writer.close()
    answer = _answer(line)
    if not answer.is_done:
        raise RefusedError(answer.words)
    return answer.words
