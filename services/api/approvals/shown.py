"""Requests in a reader's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.api.access.caller import Caller
from services.api.approvals import asking, words
from services.api.approvals.queries import Request
from services.api.console.render import Frame, near
from shared.domain import approvals
from shared.domain.approvals import Kind, Repeats, State, Window
from shared.domain.exemptions import INSTANT
from shared.domain.schedule import local_day
from shared.i18n import Translator

#: How a state looks: what holds, what waits, what is over.
_MOODS: Final = {State.IN_FORCE: "good", State.APPROVED: "good", State.REQUESTED: "warn"}


@dataclass(frozen=True, slots=True)
class Row:
    """One request."""

    id: int
    kind: str
    place: str
    what: str
    when: str
    #: What of that it does not cover, because it was approved too late; empty, if nothing.
    too_late: str
    reason: str
    asked: str
    asked_at: datetime
    state: str
    mood: str
    decided: str | None
    note: str
    until: datetime | None
    may_decide: bool
    may_end: bool
    is_own: bool
    copies: int


def rows_of(requests: Sequence[Request], viewer: Caller, frame: Frame) -> list[Row]:
    return [_row(one, viewer, frame) for one in requests]


def _row(one: Request, viewer: Caller, frame: Frame) -> Row:
    t, there, now = frame.translator, one.approval, frame.now
    state = approvals.state(there, now=now)
    holds = approvals.force(there)
    is_ready = there.kind is Kind.NAMED_EXPORT and not approvals.why_not_fetched(
        there, viewer.user_id, now=now
    )
    return Row(
        id=one.id,
        kind=t.gettext(words.KINDS[there.kind]),
        place=one.place.facility_name or one.place.unit_name,
        what=what_of(one, t),
        when=_when(one, t, frame),
        too_late=_too_late(one, t, frame),
        reason=one.reason,
        asked=one.asked,
        asked_at=there.requested_at,
        state=t.gettext(words.STATES[state]),
        mood=_MOODS.get(state, ""),
        decided=one.ended if state is State.REVOKED else one.decided,
        note=one.note,
        until=holds.ends_at if is_ready and holds else None,
        may_decide=state is State.REQUESTED and asking.may_decide(viewer, one),
        may_end=approvals.why_not_ended(there, now=now) is None and asking.may_end(viewer, one),
        is_own=there.requested_by == viewer.user_id,
        copies=one.copies,
    )


def what_of(one: Request, t: Translator) -> str:
    subject = one.subject
    if (dataset := subject.get("dataset")) is not None:
        return t.gettext(words.DATASETS[dataset])
    if "zone" in subject:
        return t.gettext("zone %(code)s", code=subject["zone"])
    if "device" in subject:
        return t.gettext("device %(code)s", code=subject["device"])
    is_facility = one.place.facility is not None
    return t.gettext(words.EVERYTHING if is_facility else words.EVERY_PLACE)


def _again(window: Window, repeats: Repeats, t: Translator, frame: Frame) -> str:
    """How often, and the last day on which it may begin."""
    until = (window.repeats_until or window.ends_at) - INSTANT
    last_day = t.day(local_day(until, frame.time_zone))
    how = t.gettext(words.REPEATS[repeats])
    return t.gettext("%(how)s until %(day)s", how=how, day=last_day)


def _too_late(one: Request, t: Translator, frame: Frame) -> str:
    there = one.approval
    holds = approvals.force(there)
    if there.window is None or holds is None or there.kind is not Kind.MAINTENANCE:
        return ""
    if holds.starts_at <= there.window.starts_at:
        return ""
    told = near(t, frame.time_zone, frame.now)
    return t.gettext(
        "holds since its approval at %(time)s; the time before needs a correction",
        time=told(holds.starts_at),
    )


def _when(one: Request, t: Translator, frame: Frame) -> str:
    if one.approval.window is not None:
        told = near(t, frame.time_zone, frame.now)
        window = one.approval.window
        first = f"{told(window.starts_at)} – {told(window.ends_at)}"
        return (
            first
            if window.repeats is None
            else f"{first}, {_again(window, window.repeats, t, frame)}"
        )
    if "first_day" in one.subject:
        days = (date.fromisoformat(one.subject[name]) for name in ("first_day", "last_day"))
        return " – ".join(map(t.day, days))
    return "–"
