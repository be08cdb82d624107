"""The board in words: rows, and what is folded under them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from services.api.console import words as codes
from services.api.incidents.board.queries import After, Entry
from services.api.incidents.story import words
from services.api.overview.shown import Voice
from shared.domain.states import IncidentState, Severity
from shared.i18n import names

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CURSOR: Final = re.compile(r"(open|resolved)\.([0-2])\.(\d{1,17})\.(\d{1,18})")

MayTake = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """An incident on the board, and what is folded under it."""

    id: int
    place: str
    commune: str
    cause: str
    severity: Severity
    severity_words: str
    marks: tuple[str, ...]
    since_at: datetime
    when: str
    length: str
    taken: str
    is_open: bool
    may_take: bool
    under: tuple["Row", ...] = ()


def rows(
    entries: Sequence[Entry], under: Mapping[int, Sequence[Entry]], voice: Voice, may_take: MayTake
) -> list[Row]:
    return [_row(one, under.get(one.id, ()), voice, may_take) for one in entries]


def _row(one: Entry, under: Sequence[Entry], voice: Voice, may_take: MayTake) -> Row:
    t, end = voice.t, one.resolved_at
    begun = voice.near(one.since_at)
    is_open = one.state is IncidentState.OPEN
    taken = ""
    if one.taken_at is not None:
        taken = f"{one.taken_by}, {voice.near(one.taken_at)}" if one.taken_by else "✓"
    return Row(
        id=one.id,
        place=one.facility or one.commune or t.gettext("The system itself"),
        commune=(one.commune or "") if one.facility else "",
        cause=_cause(one, voice),
        severity=one.severity,
        severity_words=t.gettext(words.SEVERITIES[one.severity]),
        marks=tuple(_marks(one, voice)),
        since_at=one.since_at,
        when=f"{begun} – {voice.near(end)}" if end else t.gettext("since %(time)s", time=begun),
        length=t.duration(end - one.since_at) if end else "",
        taken=taken,
        is_open=is_open,
        may_take=is_open and one.taken_at is None and may_take(one),
        under=tuple(_row(child, (), voice, may_take) for child in under),
    )


def _cause(one: Entry, voice: Voice) -> str:
    cause = voice.t.gettext(codes.CAUSES[one.cause])
    return f"{cause}: {voice.t.gettext(names.FAULTS[one.fault])}" if one.fault else cause


def _marks(one: Entry, voice: Voice) -> list[str]:
    """What is to be known besides, each in a few words."""
    t = voice.t
    marks = []
    if one.is_unstable:
        marks.append(t.gettext("comes and goes"))
    if one.snoozed_until and one.state is IncidentState.OPEN:
        marks.append(t.gettext("put off until %(time)s", time=voice.near(one.snoozed_until)))
    if one.assigned_to:
        marks.append(t.gettext("given to %(name)s", name=one.assigned_to))
    if one.resolution and one.resolution in words.RESOLUTIONS:
        marks.append(t.gettext(words.RESOLUTIONS[one.resolution]))
    return marks


def cursor_of(one: Entry) -> str:
    at = one.since_at if one.state is IncidentState.OPEN else one.opened_at
    return f"{one.state}.{one.rank}.{(at - _EPOCH) // _MICROSECOND}.{one.id}"


def after_of(cursor: str) -> After | None:
    """Nothing for what is no cursor: the board begins at its top."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        return None
    state, rank, moment, number = found.groups()
    return After(IncidentState(state), int(rank), _EPOCH + int(moment) * _MICROSECOND, int(number))
