"""One id for a request: in its log lines, its answer's header and its problem details."""

import re
import secrets

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"
_KEY = "giamsat.trace_id"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def trace_id_of(scope: Scope) -> str:
    return str(scope.get(_KEY, ""))


class Correlation:
    """Takes the caller's id if it is one, else gives a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        trace_id = given if _ACCEPTABLE.fullmatch(given) else secrets.token_hex(16)
        scope[_KEY] = trace_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = trace_id
            await send(message)

        # Not unbound at the end: the server logs a crash after us, in this same context.
        structlog.contextvars.bind_contextvars(trace_id=trace_id)
        await self.app(scope, receive, send_with_id)
