"""No request may send more than a mebibyte."""

from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.http import failures
from services.api.problems import TooLargeError

LIMIT: Final = 1024 * 1024
DETAIL: Final = f"A request may have {LIMIT} bytes. Send less at once."


class BodyLimit:
    """Refuses what says that it is too large, and what turns out to be."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdigit() or int(told) > LIMIT:
            await failures.response(scope, TooLargeError(DETAIL))(scope, receive, send)
            return
        taken = 0

        async def receive_counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LIMIT:
                # The one kind of error that FastAPI lets pass while it reads a body.
                raise HTTPException(TooLargeError.status, DETAIL)
            return message

        await self.app(scope, receive_counted, send)
