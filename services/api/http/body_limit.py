"""No request may send more than a mebibyte, except where files are taken in."""

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.http import failures
from services.api.problems import TooLargeError

LIMIT: Final = 1024 * 1024
#: A file of ten mebibytes, and the form around it.
LIMIT_WITH_FILE: Final = 10 * LIMIT + 64 * 1024
_TAKES_FILES: Final = re.compile(r"(/api/v1)?(/facilities/[^/]+/documents|/imports)")


def limit_of(path: str) -> int:
    return LIMIT_WITH_FILE if _TAKES_FILES.fullmatch(path) else LIMIT


def detail(limit: int) -> str:
    return f"A request may have {limit} bytes here. Send less at once."


class BodyLimit:
    """Refuses what says that it is too large, and what turns out to be."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = limit_of(scope["path"])
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdigit() or int(told) > limit:
            await failures.response(scope, TooLargeError(detail(limit)))(scope, receive, send)
            return
        taken = 0

        async def receive_counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                # The one kind of error that FastAPI lets pass while it reads a body.
                raise HTTPException(TooLargeError.status, detail(limit))
            return message

        await self.app(scope, receive_counted, send)
