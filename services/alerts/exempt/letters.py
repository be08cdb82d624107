"""Writes that an exemption has ended while it covered something that lasts."""

from collections.abc import Sequence
from typing import Final

from services.alerts.exempt.quieting import Ending
from services.alerts.tell import letters
from services.alerts.tell.letters import Letter
from services.alerts.tell.story import Story
from shared.domain.approvals import Kind
from shared.domain.delivery import MessageKind
from shared.domain.exemptions import Released
from shared.domain.states import GapState
from shared.domain.templates import Placeholder
from shared.i18n import Translator, marked

_P = Placeholder
SUBJECTS: Final = {
    Kind.MAINTENANCE: marked("%(facility)s: maintenance is over, still not watched"),
    Kind.MUTE: marked("%(facility)s: alerts are told again, and something is not watched"),
}
ENDED: Final = {
    (Kind.MAINTENANCE, Released.OVER): marked("The approved maintenance window ended at %(at)s."),
    (Kind.MAINTENANCE, Released.ENDED): marked(
        "The approved maintenance window was ended before its time, at %(at)s."
    ),
    (Kind.MUTE, Released.OVER): marked("Until %(at)s alerts were silenced for your facility."),
    (Kind.MUTE, Released.ENDED): marked(
        "That alerts are silenced for your facility was ended before its time, at %(at)s."
    ),
    (Kind.MUTE, Released.OUTGROWN): marked(
        "More is unwatched now than what alerts were silenced for, at %(at)s."
    ),
}
#: Longer lists are cut: the console has the rest.
MOST_LINES: Final = 20


def ended(stories: Sequence[Story], ending: Ending, to: Translator, *, console_url: str) -> Letter:
    """One letter for all that came to an end together, the oldest first."""
    first = stories[0]
    kind = ending.exemption.approval.kind
    shown = [_link(story.incident_id, console_url) for story in stories[:MOST_LINES]]
    facts = {
        _P.WHAT: to.gettext(SUBJECTS[kind], facility=first.facility),
        _P.FACILITY: first.facility,
        _P.COMMUNE: first.commune or "",
        _P.REASON: to.gettext(ENDED[kind, ending.why], at=to.instant(ending.at, first.time_zone)),
        _P.NEXT: _what_now(kind, to),
        _P.LINES: "\n".join(_lasting(stories, to)),
        _P.LINK: shown[0],
        _P.LINKS: "\n".join(shown),
    }
    return letters.written(MessageKind.EXEMPTION_ENDED, facts, to)


def _what_now(kind: Kind, to: Translator) -> str:
    if kind is Kind.MUTE:
        return to.gettext("From now on you are told again. The authority was told meanwhile.")
    return to.gettext(
        "From now on the time counts. If the work is not done, ask for another window; it cannot "
        "reach back."
    )


def _lasting(stories: Sequence[Story], to: Translator) -> list[str]:
    lines = [
        to.gettext(
            "• %(zone)s: not watched since %(at)s (%(length)s)",
            zone=gap.zone,
            at=to.instant(gap.start_at, story.time_zone),
            length=to.duration(story.now - gap.start_at),
        )
        for story in stories
        for gap in story.gaps
        if gap.state is GapState.OPEN
    ]
    left = len(lines) - MOST_LINES
    if left <= 0:
        return lines
    more = to.ngettext("… and %(n)s more line", "… and %(n)s more lines", left)
    return [*lines[:MOST_LINES], more]


def _link(incident_id: int, console_url: str) -> str:
    return f"{console_url.rstrip('/')}/incidents/{incident_id}"
