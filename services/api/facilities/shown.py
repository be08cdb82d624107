"""A facility's zones and devices as its page shows them: strips and what happened in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from services.api.console import words
from services.api.console.strip import Look, Piece, strip
from services.api.coverage.schemas import SpanOut
from services.api.devices.schemas import DeviceOut
from services.api.overview.facts import Now
from services.api.overview.shown import EXCUSED, TICKS, Voice, spoken
from services.api.zones import words as zone_words
from services.api.zones.schemas import ZoneOut
from shared.domain.places import DeviceKind
from shared.domain.states import Quality, SecondState
from shared.i18n import Translator, marked, names

#: A silence so short at the end of what is known says nothing yet.
PENDING: Final = timedelta(minutes=2)
CORRECTED: Final = marked("Not watched; excused afterwards, by a correction")


@dataclass(frozen=True, slots=True)
class Line:
    """A named strip with its share of watched time."""

    code: str
    name: str
    strip: Markup
    share: str
    #: How long of it was excused; empty, if nothing was.
    excused: str


@dataclass(frozen=True, slots=True)
class ZoneLine(Line):
    """A zone's strip, what it asks for, and its devices' strips."""

    asks: str
    devices: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Episode:
    """Something that was wrong in a zone, in words."""

    zone: str
    words: str
    start_at: datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a window, by zone and by device."""

    window: tuple[datetime, datetime]
    zones: Mapping[str, Sequence[SpanOut]]
    devices: Mapping[str, Sequence[SpanOut]]

    @property
    def is_proven_somewhere(self) -> bool:
        """Whether the legend must explain it."""
        every = (*self.zones.values(), *self.devices.values())
        return any(span.quality is Quality.PROVEN for spans in every for span in spans)

    @property
    def is_unasked_somewhere(self) -> bool:
        """The same of time in which nothing was required."""
        every = self.zones.values()
        return any(span.state is SecondState.NOT_REQUIRED for spans in every for span in spans)

    @property
    def is_excused_somewhere(self) -> bool:
        """The same of gaps in approved maintenance."""
        every = (*self.zones.values(), *self.devices.values())
        return any(span.excused for spans in every for span in spans)


@dataclass(frozen=True, slots=True)
class Sums:
    """How long what was the case; they add up to the time looked at, zone by zone."""

    watched: timedelta
    gap: timedelta
    unknown: timedelta
    not_required: timedelta
    #: Parts of `gap`: excused at all, and of that only afterwards.
    excused: timedelta
    corrected: timedelta


def sums_of(zones: Iterable[Sequence[SpanOut]]) -> Sums:
    lengths = dict.fromkeys(SecondState, timedelta(0))
    excused = corrected = timedelta(0)
    for span in (span for spans in zones for span in spans):
        length = span.end - span.start
        lengths[span.state] += length
        excused += length if span.excused else timedelta(0)
        corrected += length if span.corrected else timedelta(0)
    return Sums(
        lengths[SecondState.COVERED] + lengths[SecondState.IMPAIRED],
        lengths[SecondState.GAP],
        lengths[SecondState.UNKNOWN],
        lengths[SecondState.NOT_REQUIRED],
        excused,
        corrected,
    )


@dataclass(frozen=True, slots=True)
class Pen:
    """What every strip of a page is drawn with."""

    picture: Picture
    voice: Voice
    now: datetime


def zone_lines(zones: Sequence[ZoneOut], devices: Sequence[DeviceOut], pen: Pen) -> list[ZoneLine]:
    return [
        _zone_line(zone, [one for one in devices if one.zone == zone.code], pen) for zone in zones
    ]


def _zone_line(zone: ZoneOut, devices: Iterable[DeviceOut], pen: Pen) -> ZoneLine:
    t = pen.voice.t
    line = line_of(zone, pen.picture.zones.get(zone.code, ()), pen)
    return ZoneLine(
        line.code,
        line.name,
        line.strip,
        line.share,
        line.excused,
        asks=zone_words.asks(zone.requirement, t),
        devices=tuple(line_of(one, pen.picture.devices.get(one.code, ()), pen) for one in devices),
    )


def line_of(what: ZoneOut | DeviceOut, spans: Sequence[SpanOut], pen: Pen) -> Line:
    """Time before it was on record, and time to come, stays empty."""
    if isinstance(what, DeviceOut) and what.kind is DeviceKind.ROUND_POINT:
        # Between two check-ins nothing is drawn: nobody was to stand there.
        spans = [span for span in spans if span.state is SecondState.COVERED]
        share = pen.voice.t.ngettext("%(n)s check-in", "%(n)s check-ins", len(spans))
    else:
        share = _share(spans, pen.voice.t)
    pieces = [
        piece for span in spans if (piece := _piece(span, what.registered_at, pen)) is not None
    ]
    label = f"{what.name}: {share}"
    drawn = strip(pieces, pen.picture.window, label=label, ticks=TICKS)
    return Line(what.code, what.name, drawn, share, _excused(spans, pen.voice.t))


def _share(spans: Sequence[SpanOut], t: Translator) -> str:
    """Of the time that is known."""
    figures = dict.fromkeys(SecondState, timedelta(0))
    for span in spans:
        figures[span.state] += span.end - span.start
    watched = figures[SecondState.COVERED]
    known = watched + figures[SecondState.GAP] + figures[SecondState.IMPAIRED]
    return t.percent(watched / known) if known else "–"


def _excused(spans: Sequence[SpanOut], t: Translator) -> str:
    """Beside the share, which it does not change: it was not watched."""
    length = sum((span.end - span.start for span in spans if span.excused), timedelta(0))
    return t.gettext("%(length)s excused", length=t.duration(length)) if length else ""


def proven_share(spans: Sequence[SpanOut], t: Translator) -> str:
    """Of the time that was watched; nothing, where nothing is proven."""
    lengths = dict.fromkeys(Quality, timedelta(0))
    for span in spans:
        if span.quality is not None:
            lengths[span.quality] += span.end - span.start
    if not lengths[Quality.PROVEN]:
        return ""
    share = lengths[Quality.PROVEN] / sum(lengths.values(), timedelta(0))
    return t.gettext(
        "Of the time watched, %(share)s is proven by signature.", share=t.percent(share)
    )


def _piece(span: SpanOut, registered_at: datetime, pen: Pen) -> Piece | None:
    start, end = span.start, span.end
    if span.state in {SecondState.UNKNOWN, SecondState.NOT_REQUIRED}:
        start, end = max(start, registered_at), min(end, pen.now)
        is_pending = end >= pen.picture.window[1] - PENDING and end - start < PENDING
        if start >= end or is_pending:
            return None
    reason = _reason(span, pen.voice.t)
    said = spoken((start, end), reason, pen.voice) if reason else ""
    return Piece(start, end, _look(span), said)


#: How covered time is drawn, and what it says when pointed at; what is usual says nothing.
_GRADES: Final = {
    Quality.PROVEN: (Look.PROVEN, marked("Watched; proven by the device's signature")),
    Quality.LIVE: (Look.COVERED, ""),
    Quality.LATE: (Look.LATE, marked("Watched; the evidence arrived late")),
}


#: Excused, and whether only afterwards.
_GAPS: Final = {
    (False, False): words.NOW[Now.GAP],
    (True, False): EXCUSED,
    (True, True): CORRECTED,
}


def _look(span: SpanOut) -> Look:
    if span.excused:
        return Look.EXCUSED
    if span.quality is not None:
        return _GRADES[span.quality][0]
    return Look(span.state.value)


def _reason(span: SpanOut, t: Translator) -> str:
    match span.state:
        case SecondState.COVERED:
            return t.gettext(_GRADES[span.quality or Quality.LIVE][1])
        case SecondState.GAP:
            return t.gettext(_GAPS[span.excused, span.corrected])
        case SecondState.UNKNOWN:
            return t.gettext(words.NOW[Now.UNKNOWN])
        case SecondState.NOT_REQUIRED:
            return t.gettext("Not required at that time")
        case SecondState.IMPAIRED:
            fault = f": {t.gettext(names.FAULTS[span.fault])}" if span.fault else ""
            return t.gettext(words.NOW[Now.IMPAIRED]) + fault


def episodes(zones: Sequence[ZoneOut], pen: Pen) -> list[Episode]:
    """Every gap of every zone, the newest first."""
    found = [
        Episode(
            zone.name,
            spoken((span.start, span.end), _reason(span, pen.voice.t), pen.voice),
            span.start,
        )
        for zone in zones
        for span in pen.picture.zones.get(zone.code, ())
        if span.state is SecondState.GAP
    ]
    return sorted(found, key=lambda episode: episode.start_at, reverse=True)
