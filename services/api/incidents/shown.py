"""Incidents as their pages show them: rows, gaps and the story, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from services.api.console import words
from services.api.gaps.schemas import GapOut
from services.api.incidents.schemas import (
    AcknowledgementOut,
    EventOut,
    IncidentDetailOut,
    IncidentOut,
    NotificationOut,
)
from services.api.overview.facts import Facility, Taken
from services.api.overview.shown import Voice
from shared.domain.incidents import EventKind
from shared.domain.states import Cause, GapState, IncidentState
from shared.i18n import Translator, marked, names


@dataclass(frozen=True, slots=True)
class Row:
    """An incident in the list."""

    id: int
    facility: str
    commune: str
    cause: str
    since_at: datetime
    when: str
    length: str
    taken: str
    is_open: bool
    may_take: bool


@dataclass(frozen=True, slots=True)
class GapRow:
    """A gap of an incident."""

    zone: str
    from_at: str
    to_at: str
    length: str
    state: str


class Mood(StrEnum):
    """How a line of the story is marked."""

    BAD = "bad"
    GOOD = "good"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class StoryLine:
    """Something that happened."""

    at: datetime
    clock: str
    kind: Mood
    words: str
    note: str = ""


def row(
    incident: IncidentOut,
    facility: Facility | None,
    taken: Sequence[Taken],
    voice: Voice,
    *,
    may_take: bool,
) -> Row:
    t = voice.t
    end = incident.resolved_at
    begun = voice.near(incident.since)
    when = f"{begun} – {voice.near(end)}" if end else t.gettext("since %(time)s", time=begun)
    first = taken[0] if taken else None
    is_open = incident.state is IncidentState.OPEN
    return Row(
        id=incident.id,
        facility=named(facility, incident.facility, t),
        commune=facility.commune if facility else "",
        cause=t.gettext(words.CAUSES[incident.cause]),
        since_at=incident.since,
        when=when,
        length=t.duration(end - incident.since) if end else "",
        taken=f"{first.name}, {voice.near(first.acknowledged_at)}" if first else "–",
        is_open=is_open,
        may_take=is_open and may_take and first is None,
    )


def named(facility: Facility | None, code: str | None, t: Translator) -> str:
    """What is concerned; the platform itself, if it is no facility."""
    if facility is not None:
        return facility.name
    return code or t.gettext("The system itself")


GAP_STATES: Final[Mapping[GapState, str]] = {
    GapState.OPEN: marked("Lasting"),
    GapState.CLOSED: marked("Ended"),
    GapState.REPAIRED: marked("Was watched after all"),
}


def gap_rows(gaps: Iterable[GapOut], zones: Mapping[str, str], voice: Voice) -> list[GapRow]:
    return [
        GapRow(
            zone=zones.get(gap.zone, gap.zone),
            from_at=voice.near(gap.from_at),
            to_at=voice.near(gap.to_at) if gap.to_at else "",
            length=voice.t.duration(gap.to_at - gap.from_at) if gap.to_at else "",
            state=voice.t.gettext(GAP_STATES[gap.state]),
        )
        for gap in gaps
    ]


def story(incident: IncidentDetailOut, zones: Mapping[str, str], voice: Voice) -> list[StoryLine]:
    """What was found, who was told, who took it up, how it ended; in order."""
    zone_of = {gap.id: zones.get(gap.zone, gap.zone) for gap in incident.gaps}
    lines = [
        *(_happened(event, zone_of, voice) for event in incident.timeline),
        *(_told(sent, voice) for sent in incident.notifications),
        *(_taken(one, voice) for one in incident.acknowledgements),
    ]
    # Two people of one role are told at once: that is one line.
    once = {(line.clock, line.words): line for line in lines if line}
    return sorted(once.values(), key=lambda line: line.at)


#: What happened, and how it is marked. What is missing here is told by other rows.
_EVENTS: Final[Mapping[str, tuple[Mood, str]]] = {
    EventKind.GAP_OPENED: (Mood.BAD, marked("%(zone)s is no longer being watched")),
    EventKind.GAP_CLOSED: (Mood.GOOD, marked("%(zone)s is being watched again")),
    EventKind.GAP_SHORTENED: (
        Mood.GOOD,
        marked("%(zone)s: late evidence shows that part of the gap was watched"),
    ),
    EventKind.GAP_MOVED: (
        Mood.PLAIN,
        marked("%(zone)s: the gap turns out to have begun or ended at another time"),
    ),
    EventKind.GAP_REPAIRED: (
        Mood.GOOD,
        marked("%(zone)s: late evidence shows that it was watched after all"),
    ),
    EventKind.INCIDENT_OPENED: (Mood.BAD, marked("Incident opened: %(cause)s")),
    EventKind.INCIDENT_WIDENED: (Mood.BAD, marked("It turns out to be: %(cause)s")),
    EventKind.STEP_UNREACHABLE: (
        Mood.BAD,
        marked("Nobody could be told as %(role)s: no one holds that role here"),
    ),
    EventKind.RESOLVED: (Mood.GOOD, marked("The incident is over")),
    EventKind.CORRECTED: (Mood.GOOD, marked("Those told before get a correction")),
    EventKind.JURISDICTION_REASSIGNED: (
        Mood.PLAIN,
        marked("The facility came from %(before)s to %(to)s; who is in charge now takes over"),
    ),
    EventKind.DELIVERY_FAILED: (Mood.BAD, marked("A message could not be delivered")),
}


def _happened(event: EventOut, zone_of: Mapping[int, str], voice: Voice) -> StoryLine | None:
    if event.kind not in _EVENTS:
        return None
    mood, text = _EVENTS[event.kind]
    some_zone = voice.t.gettext("A zone")
    said = voice.t.gettext(
        text,
        zone=zone_of.get(event.gap or 0, some_zone),
        cause=_cause(event.detail, voice.t),
        role=_role(str(event.detail.get("role", "")), voice.t),
        before=event.detail.get("from_unit", ""),
        to=event.detail.get("to_unit", ""),
    )
    return StoryLine(event.at, voice.near(event.at), mood, said, _note(event.detail, voice.t))


def _note(detail: Mapping[str, Any], t: Translator) -> str:
    """Of a move: by what law, and whom nobody could be told in its new place."""
    if "reassignment_id" not in detail:
        return ""
    roles = ", ".join(_role(role, t) for role in detail.get("nobody_at", ()))
    unheard = t.gettext("No one holds there: %(roles)s", roles=roles) if roles else ""
    return " · ".join(part for part in (str(detail.get("legal_basis", "")), unheard) if part)


def _cause(detail: Mapping[str, Any], t: Translator) -> str:
    cause = detail.get("cause")
    return t.gettext(words.CAUSES[cause]) if cause in set(Cause) else ""


def _role(role: str, t: Translator) -> str:
    return t.gettext(names.ROLES[role]) if role in names.ROLES else role


#: By kind of message.
_SENT: Final[Mapping[str, str]] = {
    "recovery": marked("Told %(role)s that the watch goes on again"),
    "correction": marked("Sent %(role)s the correction"),
    "handed_over": marked("Handed over to %(role)s now in charge"),
}
_UNSENT: Final[Mapping[str, str]] = {
    "pending": marked("A message to %(role)s is waiting to be sent"),
    "dead": marked("A message to %(role)s could not be delivered"),
}


def _told(sent: NotificationOut, voice: Voice) -> StoryLine:
    at = sent.sent_at or sent.created_at
    if sent.sent_at is None:
        text = _UNSENT.get(sent.state, _UNSENT["pending"])
    else:
        text = _SENT.get(sent.kind, marked("Told %(role)s"))
    said = voice.t.gettext(text, role=_role(sent.role, voice.t))
    return StoryLine(at, voice.near(at), Mood.PLAIN, said)


def _taken(one: AcknowledgementOut, voice: Voice) -> StoryLine:
    said = voice.t.gettext("%(name)s took it up", name=one.by)
    return StoryLine(
        one.acknowledged_at, voice.near(one.acknowledged_at), Mood.GOOD, said, one.note
    )


def taken_words(one: AcknowledgementOut, voice: Voice) -> str:
    said = voice.t.gettext(
        "taken up by %(name)s at %(time)s", name=one.by, time=voice.near(one.acknowledged_at)
    )
    said = said[0].upper() + said[1:]
    return f"{said}: {one.note}" if one.note else said
