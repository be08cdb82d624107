"""From a template and what it shows to an HTML response, in the reader's language."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from services.api.console import words
from services.api.console.menu import Entry
from services.api.console.strip import key
from shared.i18n import Translator, translator

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page has around its own content."""

    language: str
    path: str
    #: Where the language switch comes back to.
    back: str
    now: datetime
    viewer_name: str | None = None
    menu: tuple[Entry, ...] = ()
    #: How often the page asks for its live parts anew, besides when something happened.
    refresh: timedelta = timedelta(seconds=30)
    known_until: datetime | None = None
    time_zone: str = "Asia/Ho_Chi_Minh"
    #: Whether a passphrase alone is enough here: a demo.
    is_lenient: bool = False

    @property
    def translator(self) -> Translator:
        return translator(self.language)


def page(frame: Frame, template: str, /, *, status: int = 200, **content: object) -> HTMLResponse:
    """The page; what it shows is escaped by the templates."""
    t = frame.translator
    zone = frame.time_zone
    own = {
        "frame": frame,
        "today": frame.now,
        "instant": lambda at: t.instant(at, zone),
        "clock": lambda at: t.clock(at, zone),
        "near": near(t, zone, frame.now),
    }
    body = _environment(t.language).get_template(template).render(own | content)
    return HTMLResponse(body, status, headers={"Cache-Control": "no-store"})


def near(t: Translator, zone: str, now: datetime) -> Callable[[datetime], str]:
    """Instants written as briefly as today allows."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return lambda at: t.instant_near(at, zone, today=today)


@lru_cache(maxsize=8)
def _environment(language: str) -> Environment:
    t = translator(language)
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "_": t.gettext,
        "ngettext": t.ngettext,
        "t": t,
        "words": words,
        "asset": asset,
        "key": key,
    }
    return environment


@lru_cache(maxsize=32)
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so it may be kept for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
