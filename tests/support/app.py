"""The application, built once in a process: three hundred routes take a second to build."""

from functools import cache

from starlette.types import Receive, Scope, Send

from services.api.app import build
from services.api.console.live import Feed
from services.api.resources import Resources


class LentApp:
    """The one application over this test's own resources, for as long as it is asked.

    Whoever adds a route, or asks two with different resources at once, makes one of their own.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._feed = Feed(resources.engine)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = _built()
        app.state.resources, app.state.feed = self._resources, self._feed
        await app(scope, receive, send)


_built = cache(build)
