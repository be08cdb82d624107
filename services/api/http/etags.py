"""An entity tag on every JSON answer to a GET, and 304 to those who have it already."""

import base64
import hashlib
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ETags:
    """Holds back a JSON answer until it is whole; pages and streams pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Tagging(Headers(scope=scope), send))


class _Tagging:
    """The sending half of one answer."""

    def __init__(self, asked: Headers, send: Send) -> None:
        self._wanted = asked.get("if-none-match", "")
        self._send = send
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_json(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._finish(self._start, b"".join(self._parts))

    async def _finish(self, start: Message, body: bytes) -> None:
        tag = tag_of(body)
        headers = MutableHeaders(scope=start)
        headers["ETag"] = tag
        if _matches(self._wanted, tag):
            start["status"] = int(HTTPStatus.NOT_MODIFIED)
            del headers["content-length"]
            del headers["content-type"]
            body = b""
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def tag_of(body: bytes) -> str:
    digest = hashlib.blake2b(body, digest_size=16).digest()
    return f'"{base64.urlsafe_b64encode(digest).decode().rstrip("=")}"'


def _is_json(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] == HTTPStatus.OK and kind.startswith("application/json")


def _matches(wanted: str, tag: str) -> bool:
    named = [one.strip().removeprefix("W/") for one in wanted.split(",")]
    return "*" in named or tag in named
