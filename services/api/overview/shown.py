"""The overview as a page shows it: rows of words and strips in one language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from services.api.console import words
from services.api.console.strip import Look, Piece, strip
from services.api.overview.facts import (
    Facility,
    Figures,
    Now,
    Outlook,
    Overview,
    Stretch,
    Unwatched,
)
from shared.domain.states import WHOLE_FACILITY, Cause, Quality, SecondState
from shared.i18n import Translator, marked, names

TICKS: Final = "ticks"
MOST_NAMED: Final = 3
EXCUSED: Final = marked("Not watched; excused by approved maintenance")


@dataclass(frozen=True, slots=True)
class Row:
    """A facility's line in the table of strips."""

    code: str
    name: str
    facts: str
    strip: Markup
    share: str
    #: How long of it was excused; empty, if nothing was.
    excused: str
    now: Now
    now_words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A facility in the answer; `take` is the incident that this reader may take up."""

    code: str
    name: str
    commune: str
    children: int
    since_at: datetime
    why: str
    excused: str
    known_by: str
    incident: int | None
    take: int | None


@dataclass(frozen=True, slots=True)
class Voice:
    """A language, and how briefly instants can be told in it today."""

    t: Translator
    near: Callable[[datetime], str]


def rows(overview: Overview, voice: Voice) -> list[Row]:
    window = (overview.start_at, overview.end_at)
    return [_row(outlook, window, voice) for outlook in overview.outlooks]


def _row(outlook: Outlook, window: tuple[datetime, datetime], voice: Voice) -> Row:
    t, facility = voice.t, outlook.facility
    share = share_of(outlook.figures, t)
    excused = excused_of(outlook.figures, t)
    pieces = [piece(stretch, voice) for stretch in outlook.stretches]
    times = t.ngettext("%(n)s time not watched", "%(n)s times not watched", outlook.gap_count)
    label = ", ".join(filter(None, (f"{facility.name}: {share}", times, excused)))
    return Row(
        code=facility.code,
        name=facility.name,
        facts=_facts(facility, t),
        strip=strip(pieces, window, label=label, ticks=TICKS),
        share=share,
        excused=excused,
        now=outlook.now,
        now_words=t.gettext(words.NOW[outlook.now]),
    )


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long what was not watched, was excused of that, and was not known."""

    gap: timedelta
    excused: timedelta
    unknown: timedelta


def lengths_of(figures: Figures) -> Lengths:
    seconds = (figures.gap_s, figures.excused_s, figures.unknown_s)
    return Lengths(*(timedelta(seconds=one) for one in seconds))


def share_of(figures: Figures, t: Translator) -> str:
    return "–" if figures.share is None else t.percent(figures.share)


def excused_of(figures: Figures, t: Translator) -> str:
    """Beside the share, which it does not change: it was not watched."""
    if not figures.excused_s:
        return ""
    return t.gettext("%(length)s excused", length=t.duration(timedelta(seconds=figures.excused_s)))


def _facts(facility: Facility, t: Translator) -> str:
    ownership = t.gettext(words.OWNERSHIP[facility.ownership])
    children = t.ngettext("%(n)s child", "%(n)s children", facility.children)
    return f"{facility.commune} · {ownership} · {children}"


def piece(stretch: Stretch, voice: Voice) -> Piece:
    """Quiet time says nothing; everything else says when, how long, and why."""
    look = _look(stretch)
    if look is Look.COVERED:
        return Piece(stretch.start_at, stretch.end_at, look)
    span = (stretch.start_at, stretch.end_at)
    return Piece(*span, look, spoken(span, _reason(stretch, voice.t), voice))


def spoken(span: tuple[datetime, datetime], reason: str, voice: Voice) -> str:
    """`22:24 – 23:31 · 1 giờ 7 phút · Mất giám sát`."""
    start, end = span
    length = voice.t.duration(end - start)
    return f"{voice.near(start)} – {voice.near(end)} · {length} · {reason}"


def _look(stretch: Stretch) -> Look:
    if stretch.excused:
        return Look.EXCUSED
    if stretch.state is SecondState.COVERED:
        return Look.LATE if stretch.quality is Quality.LATE else Look.COVERED
    return Look(stretch.state.value)


def _reason(stretch: Stretch, t: Translator) -> str:
    match stretch.state:
        case SecondState.GAP:
            state = t.gettext(EXCUSED if stretch.excused else words.NOW[Now.GAP])
            return f"{state}: {t.gettext(words.CAUSES[stretch.cause])}" if stretch.cause else state
        case SecondState.IMPAIRED:
            state = t.gettext(words.NOW[Now.IMPAIRED])
            return f"{state}: {t.gettext(names.FAULTS[stretch.fault])}" if stretch.fault else state
        case SecondState.UNKNOWN:
            return t.gettext("Not known: the system was not receiving")
        case SecondState.NOT_REQUIRED:
            return t.gettext("Not required at that time")
        case SecondState.COVERED:
            return t.gettext("Watched; the evidence arrived late")


def entries(
    overview: Overview, voice: Voice, *, may_take: Callable[[Facility], bool]
) -> list[Entry]:
    return [_entry(one, voice, may_take=may_take) for one in overview.unwatched]


def _entry(one: Unwatched, voice: Voice, *, may_take: Callable[[Facility], bool]) -> Entry:
    untaken = [incident.id for incident in one.incidents if not incident.taken]
    return Entry(
        code=one.facility.code,
        name=one.facility.name,
        commune=one.facility.commune,
        children=one.facility.children,
        since_at=one.since_at,
        why=_why(one, voice.t),
        excused=voice.t.gettext("approved maintenance") if one.is_excused else "",
        known_by=_known_by(one, voice),
        incident=one.incidents[0].id if one.incidents else None,
        take=untaken[0] if untaken and may_take(one.facility) else None,
    )


def _why(one: Unwatched, t: Translator) -> str:
    cause = t.gettext(words.CAUSES[one.cause]) if one.cause else ""
    if one.cause in WHOLE_FACILITY:
        return cause
    if one.cause is Cause.PICTURE and one.faults:
        told = [f"{f.device_name}: {t.gettext(names.FAULTS[f.fault])}" for f in one.faults]
        return listed(told, t)
    zones = listed(one.zones, t)
    return f"{cause}: {zones}" if cause else zones


def listed(names: Sequence[str], t: Translator) -> str:
    """The first few by name, the rest by number."""
    text = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    if more <= 0:
        return text
    return text + t.ngettext(" and %(n)s more", " and %(n)s more", more)


def _known_by(one: Unwatched, voice: Voice) -> str:
    t = voice.t
    taken = [taken for incident in one.incidents for taken in incident.taken]
    if taken:
        return t.gettext(
            "taken up by %(name)s at %(time)s",
            name=taken[0].name,
            time=voice.near(taken[0].acknowledged_at),
        )
    roles = dict.fromkeys(told.role for incident in one.incidents for told in incident.told)
    if not roles:
        return t.gettext("nobody has been told yet")
    return t.gettext("told: %(roles)s", roles=", ".join(t.gettext(names.ROLES[r]) for r in roles))
