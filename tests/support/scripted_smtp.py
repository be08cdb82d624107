"""A mail server that does exactly what a script says, line by line, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Script:
    """What it answers to each command, and how slowly; an empty answer hangs up."""

    banner: str = "220 scripted"
    banner_after_s: float = 0
    mail: str = "250 2.1.0 ok"
    rcpt: str = "250 2.1.5 ok"
    data: str = "354 go on"
    dot: str = "250 2.0.0 taken"
    dot_after_s: float = 0
    port: int = 0
    taken: list[bytes] = field(default_factory=list)
    serving: list[asyncio.Task[object]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one of both hangs up."""
        if (task := asyncio.current_task()) is not None:
            self.serving.append(task)
        with suppress(ConnectionError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.banner_after_s)
        answer = self.banner
        while answer:
            writer.write(answer.encode() + b"\r\n")
            line = await reader.readline()
            if answer.startswith("354"):
                answer = await self._take(line, reader)
            else:
                answer = self._answer(line.decode(errors="replace").upper())

    def _answer(self, line: str) -> str:
        known = {"EHLO": "250 scripted", "MAIL": self.mail, "RCPT": self.rcpt, "DATA": self.data,
                 "RSET": "250 ok", "QUIT": "221 bye"}  # fmt: skip
        return known.get(line[:4], "500 what?") if line else ""

    async def _take(self, line: bytes, reader: asyncio.StreamReader) -> str:
        """All up to the dot; it is taken whatever becomes of the answer."""
        content = b""
        while line and line != b".\r\n":
            content += line
            line = await reader.readline()
        if line:
            self.taken.append(content)
        await asyncio.sleep(self.dot_after_s)
        return self.dot


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[Script]:
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        await asyncio.gather(*script.serving, return_exceptions=True)
        script.serving.clear()
