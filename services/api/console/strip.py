"""The coverage strip: what was known of every second, drawn as one SVG. Pure.

One unit across is one second, so tiles are exact and add up. States differ by height and place
as well as by colour, so a print or a colour-blind eye tells them apart:

    proven    ━━━━━  the band of covered time, underlined as if signed
              ─────
    covered   ━━━━━  a thin quiet band in the middle
    late      ═════  the same band, hollow: two thin rails
    impaired  ▀▀▀▀▀  stands on the middle
    unknown   ▄▄▄▄▄  hangs below the middle
    gap       █████  the whole height
    excused   ┌╌╌╌┐  a gap in approved maintenance: hollow, with a broken line around
    not req.  ─────  a hairline in the middle: nothing had to be watched
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

HEIGHT: Final = 24


class Look(StrEnum):
    """How a tile is drawn."""

    PROVEN = "proven"
    COVERED = "covered"
    LATE = "late"
    IMPAIRED = "impaired"
    UNKNOWN = "unknown"
    GAP = "gap"
    NOT_REQUIRED = "not_required"
    EXCUSED = "excused"


#: Top and bottom of each bar of a look.
BARS: Final[dict[Look, tuple[tuple[int, int], ...]]] = {
    Look.PROVEN: ((9, 15), (17, 19)),
    Look.COVERED: ((9, 15),),
    Look.LATE: ((9, 11), (13, 15)),
    Look.IMPAIRED: ((2, 13),),
    Look.UNKNOWN: ((11, 21),),
    Look.GAP: ((0, HEIGHT),),
    Look.NOT_REQUIRED: ((11, 13),),
    Look.EXCUSED: ((2, HEIGHT - 2),),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One tile, and what it says when pointed at; what lies in no piece stays empty."""

    start_at: datetime
    end_at: datetime
    look: Look
    words: str = ""


def strip(
    pieces: Sequence[Piece], window: tuple[datetime, datetime], *, label: str, ticks: str
) -> Markup:
    """The SVG; `label` says the whole in words, `ticks` is the id of the page's tick marks."""
    width = _seconds(window[0], window[1])
    parts = [
        f'<svg class="strip" viewBox="0 0 {width} {HEIGHT}" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(label)}"><use href="#{escape(ticks)}"/>'
    ]
    parts += [_drawn(piece, window[0]) for piece in pieces]
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text in it was escaped above


def _drawn(piece: Piece, start: datetime) -> str:
    x = _seconds(start, piece.start_at)
    width = _seconds(piece.start_at, piece.end_at)
    bars = _bars(piece.look, x, width)
    if not piece.words:
        return f'<path class="{piece.look}" d="{bars}"/>'
    return f'<path class="{piece.look}" d="{bars}"><title>{escape(piece.words)}</title></path>'


def key(look: Look | str) -> Markup:
    """A piece of a look, for the legend."""
    bars = _bars(Look(look), 0, HEIGHT)
    return Markup(  # noqa: S704 - numbers and a name of ours
        f'<svg class="strip key" viewBox="0 0 {HEIGHT} {HEIGHT}" preserveAspectRatio="none" '
        f'aria-hidden="true"><path class="{look}" d="{bars}"/></svg>'
    )


def _bars(look: Look, x: int, width: int) -> str:
    return "".join(f"M{x} {top}h{width}V{bottom}h-{width}z" for top, bottom in BARS[look])


def tick_marks(
    window: tuple[datetime, datetime], zone: str, *, mark_id: str, every_h: int = 3
) -> Markup:
    """The vertical hairlines every strip of a page shares."""
    lines = "".join(
        f"M{_seconds(window[0], at)} 0V{HEIGHT}" for at in _hours(window, zone, every_h)
    )
    return Markup(  # noqa: S704 - numbers and an id of ours
        f'<svg class="defs" aria-hidden="true" focusable="false"><defs>'
        f'<path id="{escape(mark_id)}" class="tick" d="{lines}"/></defs></svg>'
    )


def scale(window: tuple[datetime, datetime], zone: str, *, every_h: int = 3) -> Markup:
    """The hours above the strips; their places are in percent, so the letters keep their shape."""
    width = _seconds(window[0], window[1])
    marks = [
        f'<text x="{100 * _seconds(window[0], at) / width:.3f}%" y="12">'
        f"{at.astimezone(ZoneInfo(zone)):%H}</text>"
        for at in _hours(window, zone, every_h)
        if _seconds(at, window[1]) > width // 30
    ]
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="scale" aria-hidden="true" focusable="false">{"".join(marks)}</svg>'
    )


def _hours(window: tuple[datetime, datetime], zone: str, every_h: int) -> Iterable[datetime]:
    """The whole local hours in the window that the scale names."""
    local = window[0].astimezone(ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0)
    at = local.astimezone(window[0].tzinfo)
    while at < window[1]:
        if at >= window[0] and at.astimezone(ZoneInfo(zone)).hour % every_h == 0:
            yield at
        at += timedelta(hours=1)


def _seconds(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds())
