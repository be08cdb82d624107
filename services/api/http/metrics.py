"""Counts and times requests by route, never by what was asked for."""

import time

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_SECONDS = Histogram(
    "giamsat_api_request_seconds",
    "From a request's arrival to the end of its answer",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CRASHED = 500
#: Under this everything of the API is.
API = "/api/v1"


class Metrics:
    """Observes every request once, also one that crashed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = _CRASHED

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self.app(scope, receive, send_noting)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            REQUEST_SECONDS.labels(method, _template(scope), str(status)).observe(
                time.perf_counter() - began
            )


def _template(scope: Scope) -> str:
    """The route's pattern: what people ask for is in no label."""
    pattern = str(getattr(scope.get("route"), "path", ""))
    if not pattern:
        return "unmatched"
    # The framework tells a route's path without what its router was included under.
    is_bare = scope["path"].startswith(API) and not pattern.startswith(API)
    return API + pattern if is_bare else pattern
