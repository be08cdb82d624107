"""Tells an incident from what is on record of it: pure, so that page and command line agree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from services.api.console import words as codes
from services.api.incidents.schemas import (
    AcknowledgementOut,
    ActionOut,
    EventOut,
    IncidentDetailOut,
    NotificationOut,
)
from services.api.incidents.story import words
from services.api.incidents.story.words import Mood
from services.api.overview.shown import Voice, listed
from shared.domain.delivery import MessageState
from shared.domain.incidents import EventKind
from shared.domain.states import Cause
from shared.i18n import Translator, names

#: In this order are told what one moment holds: what was found, decided, sent, done.
_RANK_EVENT, _RANK_SENT, _RANK_DONE = range(3)
_NOBODY_TOLD: Final = frozenset({EventKind.TOLD, EventKind.REMINDED})


@dataclass(frozen=True, slots=True)
class StoryLine:
    """Something that happened, and why or how."""

    at: datetime
    clock: str
    kind: Mood
    words: str
    note: str = ""
    rank: int = field(default=_RANK_EVENT, compare=False)


def story(incident: IncidentDetailOut, zones: Mapping[str, str], voice: Voice) -> list[StoryLine]:
    """What was found, who was told, who took it up, how it ended; in order."""
    zone_of = {gap.id: zones.get(gap.zone, gap.zone) for gap in incident.gaps}
    lines = [
        *(_happened(event, zone_of, voice) for event in _by_themselves(incident)),
        *(_told(sent, voice) for sent in incident.notifications),
        *(_taken(one, incident.timeline, voice) for one in incident.acknowledgements),
        *(_done(one, voice) for one in incident.actions),
    ]
    # Two people of one role are told at once: that is one line.
    once = {(line.clock, line.words, line.note): line for line in lines}
    return sorted(once.values(), key=lambda line: (line.at, line.rank))


def _by_themselves(incident: IncidentDetailOut) -> Iterable[EventOut]:
    """Without those that only say that something was taken in which is told by its own row."""
    actions = {one.id for one in incident.actions}
    given = {one.id for one in incident.acknowledgements}
    for event in incident.timeline:
        is_action = event.action is not None and event.action in actions
        is_taken = event.kind == EventKind.ACKNOWLEDGED and (
            not given.isdisjoint({event.detail.get("acknowledgement_id")})
            or "acknowledgement_id" not in event.detail
        )
        if not (is_action or (is_taken and given)):
            yield event


def _happened(event: EventOut, zone_of: Mapping[int, str], voice: Voice) -> StoryLine:
    t, detail = voice.t, event.detail
    mood, text = words.EVENTS.get(event.kind, (Mood.PLAIN, words.UNKNOWN))
    if detail.get("ended_by") == "not_required":
        mood, text = Mood.PLAIN, words.NOT_REQUIRED.get(event.kind, text)
    some_zone = t.gettext("A zone")
    said = t.gettext(
        text,
        kind=event.kind,
        zone=zone_of.get(event.gap or 0, some_zone),
        zones=listed([str(zone) for zone in detail.get("zones", ())], t),
        cause=_cause(detail, t),
        severity=_coded(words.SEVERITIES, detail.get("severity"), t),
        receipt=_coded(words.RECEIPTS, detail.get("receipt"), t),
        role=role_words(str(detail.get("role", "")), t),
        until=_instant(detail.get("until"), voice),
        other=detail.get("into", detail.get("parent_id", "")),
        before=detail.get("from_unit", ""),
        to=detail.get("to_unit", ""),
    )
    return StoryLine(event.at, voice.near(event.at), mood, said, _why(event, voice))


def _why(event: EventOut, voice: Voice) -> str:
    """The reason, and what else belongs to it."""
    parts = (
        _since(event, voice),
        _reason(event.detail, voice.t),
        _coded(words.HOW, event.detail.get("how"), voice.t) if event.kind in _NOBODY_TOLD else "",
        _held(event, voice),
        _moved(event.detail, voice.t),
        _instead(event.detail, voice.t),
    )
    return " · ".join(part for part in parts if part)


def _since(event: EventOut, voice: Voice) -> str:
    """From when a gap is, which is earlier than when it was found."""
    if event.kind != EventKind.GAP_OPENED or "from" not in event.detail:
        return ""
    return voice.t.gettext("since %(time)s", time=_instant(event.detail["from"], voice))


def _reason(detail: Mapping[str, Any], t: Translator) -> str:
    reason = detail.get("reason")
    if not isinstance(reason, str):
        return ""
    text = words.REASONS.get(reason)
    if text is None:
        return reason.replace("_", " ")
    after = timedelta(seconds=float(detail.get("after_s") or 0))
    before = (*detail.get("nobody_at", ()), *detail.get("undelivered_to", ()))
    roles = ", ".join(role_words(str(role), t) for role in before)
    return t.gettext(text, after=t.duration(after), roles=roles)


def _held(event: EventOut, voice: Voice) -> str:
    if event.kind != EventKind.INCIDENT_OPENED or "held_until" not in event.detail:
        return ""
    return voice.t.gettext(
        "nobody is told before %(time)s, so that what belongs together comes together",
        time=_instant(event.detail["held_until"], voice),
    )


def _moved(detail: Mapping[str, Any], t: Translator) -> str:
    """Of a move: by what law, and whom nobody could be told in its new place."""
    if "reassignment_id" not in detail:
        return ""
    roles = ", ".join(role_words(role, t) for role in detail.get("nobody_at", ()))
    unheard = t.gettext("No one holds there: %(roles)s", roles=roles) if roles else ""
    return " · ".join(part for part in (str(detail.get("legal_basis", "")), unheard) if part)


def _instead(detail: Mapping[str, Any], t: Translator) -> str:
    """By what the message goes now that did not arrive."""
    if not detail.get("instead"):
        return ""
    if "not_through" in detail:
        return t.gettext(
            "%(gateway)s took it: it goes out again through another provider",
            gateway=str(detail["not_through"]),
        )
    return t.gettext(
        "sent by %(channel)s instead", channel=_coded(words.CHANNELS, detail["instead"], t)
    )


def _told(sent: NotificationOut, voice: Voice) -> StoryLine:
    t = voice.t
    at = sent.sent_at or sent.created_at
    if sent.sent_at is None:
        text = words.UNSENT.get(sent.state, words.UNSENT[MessageState.PENDING])
    else:
        text = words.SENT.get(sent.kind, words.TOLD)
    is_lost = sent.state == MessageState.DEAD or sent.receipt == "failed"
    mood = Mood.BAD if is_lost else Mood.PLAIN
    said = t.gettext(text, role=role_words(sent.role, t))
    return StoryLine(at, voice.near(at), mood, said, delivery_words(sent, voice), _RANK_SENT)


def delivery_words(sent: NotificationOut, voice: Voice) -> str:
    """Through what, to whom, and with which result."""
    t = voice.t
    channel = _coded(words.CHANNELS, sent.channel, t)
    tries = ""
    if sent.attempts > 1:
        tries = t.ngettext("%(n)s attempt", "%(n)s attempts", sent.attempts)
    next_at = ""
    if sent.due_at is not None and sent.attempts:
        next_at = t.gettext("next try at %(time)s", time=voice.near(sent.due_at))
    provider = "" if sent.provider in {None, "smtp"} else str(sent.provider)
    parts = (channel, provider, sent.who or "", tries, next_at, _receipt(sent, voice))
    return " · ".join(part for part in parts if part)


def _receipt(sent: NotificationOut, voice: Voice) -> str:
    if sent.receipt is None:
        return ""
    told = _coded(words.RECEIPTS, sent.receipt, voice.t)
    return f"{told} {voice.near(sent.receipt_at)}" if sent.receipt_at else told


def _taken(one: AcknowledgementOut, timeline: Sequence[EventOut], voice: Voice) -> StoryLine:
    t = voice.t
    said = t.gettext("%(name)s took it up", name=one.by)
    left = next(
        (e.detail.get("waits_for") for e in timeline
         if e.kind == EventKind.ACKNOWLEDGED and e.detail.get("acknowledgement_id") == one.id),
        0,
    )  # fmt: skip
    waits = ""
    if left:
        waits = t.ngettext(
            "%(n)s other must still take it up", "%(n)s others must still take it up", left
        )
    parts = (one.note, _coded(words.WAYS, one.via, t) if one.via in words.WAYS else "", waits)
    note = " · ".join(part for part in parts if part)
    at = one.acknowledged_at
    return StoryLine(at, voice.near(at), Mood.GOOD, said, note, _RANK_DONE)


def _done(one: ActionOut, voice: Voice) -> StoryLine:
    t = voice.t
    mood, text = words.ACTIONS[one.kind]
    said = t.gettext(
        text,
        name=one.by,
        to=one.to or "",
        until=voice.near(one.until) if one.until else "",
        resolution=_coded(words.RESOLUTIONS, one.resolution, t),
        verdict=_coded(words.VERDICTS, one.verdict, t),
    )
    scans = ""
    if one.documents:
        scans = t.ngettext("%(n)s document", "%(n)s documents", len(one.documents))
    note = " · ".join(part for part in (one.note, scans) if part)
    return StoryLine(one.at, voice.near(one.at), mood, said, note, _RANK_DONE)


def role_words(role: str, t: Translator) -> str:
    return t.gettext(names.ROLES[role]) if role in names.ROLES else role


def _cause(detail: Mapping[str, Any], t: Translator) -> str:
    cause = detail.get("cause")
    return t.gettext(codes.CAUSES[cause]) if cause in set(Cause) else ""


def _coded(known: Mapping[str, str], code: object, t: Translator) -> str:
    """A code that this release does not know is shown as it is."""
    text = known.get(str(code)) if code is not None else ""
    return t.gettext(text) if text else ("" if code is None else str(code))


def _instant(value: object, voice: Voice) -> str:
    """Instants travel as RFC 3339."""
    try:
        return voice.near(datetime.fromisoformat(str(value)))
    except ValueError:
        return ""
