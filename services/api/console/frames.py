"""What a request has around its page: language, reader, and how fresh the data is."""

from datetime import datetime, timedelta
from typing import Final

from fastapi import Request

from services.api import resources
from services.api.access.caller import Caller
from services.api.console.live import Feed
from services.api.console.menu import menu_of
from services.api.console.render import Frame
from services.api.sessions import cookies
from shared.i18n import LANGUAGES

LANGUAGE_COOKIE: Final = "giamsat_lang"
HOME_ZONE: Final = "Asia/Ho_Chi_Minh"
SELDOM: Final = timedelta(seconds=30)
OFTEN: Final = timedelta(seconds=5)


def language_of(request: Request, viewer: Caller | None) -> str:
    """The one chosen by the switch, else the reader's own, else Vietnamese."""
    chosen = cookies.read(request, LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return viewer.language if viewer else LANGUAGES[0]


def frame(
    request: Request,
    viewer: Caller | None,
    *,
    now: datetime | None = None,
    refresh: timedelta = SELDOM,
    time_zone: str = HOME_ZONE,
) -> Frame:
    return Frame(
        language=language_of(request, viewer),
        path=request.url.path,
        back=_back(request),
        now=now or resources.of(request).now(),
        viewer_name=viewer.name if viewer else None,
        menu=menu_of(viewer) if viewer else (),
        refresh=refresh,
        known_until=feed_of(request).known_until,
        time_zone=time_zone,
        is_lenient=not resources.of(request).settings.require_second_factor,
    )


def _back(request: Request) -> str:
    """The same page; what answered a form cannot be asked for again."""
    if request.method != "GET":
        return "/"
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def feed_of(request: Request) -> Feed:
    feed: Feed = request.app.state.feed
    return feed
