"""Asks an application without a server between; whatever never ends is left after its headers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import Message, Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as it arrives."""

    method: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def scope(self) -> Scope:
        parts = urlsplit(self.address)
        headers = {"Host": parts.netloc, "Content-Length": str(len(self.body)), **self.headers}
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": parts.scheme,
            "server": (parts.hostname, parts.port),
            "client": ("192.0.2.1", 40_000),
            "root_path": "",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(key.lower().encode(), value.encode()) for key, value in headers.items()],
        }


@dataclass(slots=True)
class Answer:
    """What came back; a stream has no body here."""

    status: int = 0
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""


async def ask(app: FastAPI, asked: Asked) -> Answer:
    """A crash of the application's is an answer like others: it has sent one before."""
    answer, done = Answer(), asyncio.Event()
    left = [asked.body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], Headers(raw=message["headers"])
        else:
            answer.body += message.get("body", b"")
        if "event-stream" in answer.headers.get("content-type", ""):
            done.set()

    call = asyncio.create_task(app(asked.scope, receive, send))
    call.add_done_callback(lambda _: done.set())
    await done.wait()
    if not call.done():
        call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    return answer
