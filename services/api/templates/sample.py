"""An incident that never was, to show how words look when they are filled."""

from datetime import datetime, timedelta
from typing import Final

from shared.domain.access import Role
from shared.domain.delivery import MessageKind
from shared.domain.schedule import COUNTRY_TIME_ZONE
from shared.domain.templates import FACTS, Placeholder
from shared.i18n import Translator, marked, names

_P = Placeholder
_LASTED: Final = timedelta(minutes=7)
_NOT_WATCHED: Final = marked("%(facility)s: not watched – %(zones)s")
_WHAT: Final = {
    MessageKind.NEWS: marked("%(facility)s: also not watched – %(zones)s"),
    MessageKind.HANDED_OVER: marked("%(facility)s: an open incident is now yours"),
    MessageKind.UNSTABLE: marked("%(facility)s: the watch comes and goes – %(zones)s"),
    MessageKind.STEADY: marked(
        "%(facility)s: it no longer comes and goes, but is not watched – %(zones)s"
    ),
    MessageKind.RECOVERY: marked("%(facility)s: watched again"),
    MessageKind.CORRECTION: marked("%(facility)s: correction – watched for longer than was known"),
    MessageKind.EXEMPTION_ENDED: marked("%(facility)s: maintenance is over, still not watched"),
}
_REASON: Final = {
    MessageKind.REMINDER: marked(
        "Nobody has taken this up yet. You are told again until somebody acknowledges it or the "
        "watch goes on."
    ),
    MessageKind.HANDED_OVER: marked(
        "The facility now lies in %(to)s; until now it was in %(before)s. This incident is open "
        "and now yours. The timers go on."
    ),
    MessageKind.ASSIGNED: marked(
        "This incident was assigned to you. What was said with it is in the console."
    ),
    MessageKind.CORRECTION: marked(
        "Evidence arrived late and shows that devices went on watching while the connection was "
        "down. The record has been corrected."
    ),
    MessageKind.EXEMPTION_ENDED: marked("The approved maintenance window ended at %(at)s."),
}


def facts(
    kind: MessageKind, to: Translator, *, link: str, details: str, now: datetime
) -> dict[Placeholder, str]:
    """Everything that such a message has to say."""
    since, until = (to.instant(at, COUNTRY_TIME_ZONE) for at in (now - _LASTED, now))
    named = {
        "facility": to.gettext("Example Home"),
        "zones": to.gettext("Play room 2"),
        "commune": to.gettext("Example commune"),
        "to": to.gettext("Example commune"),
        "before": to.gettext("Next commune"),
        "at": since,
    }
    known = {
        _P.WHAT: to.gettext(_WHAT.get(kind, _NOT_WATCHED), **named),
        _P.FACILITY: named["facility"],
        _P.COMMUNE: named["commune"],
        _P.ZONES: named["zones"],
        _P.PLACE: "\n".join(
            to.gettext(text, **named)
            for text in (marked("Facility: %(facility)s"), marked("Commune: %(commune)s"))
        ),
        _P.LINES: _lines(kind, to, since, until, zone=named["zones"]),
        _P.SINCE: since,
        _P.UNTIL: until,
        _P.LENGTH: to.duration(_LASTED),
        _P.WHY: to.gettext(
            "No sign of life from the devices that watch there. Check their power, cables and "
            "network."
        ),
        _P.REASON: to.gettext(_REASON.get(kind, ""), **named) if kind in _REASON else "",
        _P.NEXT: to.gettext(
            "From now on the time counts. If the work is not done, ask for another window; it "
            "cannot reach back."
        ),
        _P.LATE: "",
        _P.NOBODY: "",
        _P.TOLD: to.gettext(
            "Also told: %(roles)s.", roles=to.gettext(names.ROLES[Role.COMMUNE_CPO])
        ),
        _P.N: "2",
        _P.NUMBER: "1234",
        _P.LINK: link,
        _P.LINKS: link,
        _P.DETAILS: details,
    }
    return {name: value for name, value in known.items() if name in FACTS[kind]}


def _lines(kind: MessageKind, to: Translator, since: str, until: str, *, zone: str) -> str:
    length = to.duration(_LASTED)
    if _P.UNTIL in FACTS[kind]:
        return to.gettext(
            "• %(zone)s: not watched from %(start)s to %(end)s (%(length)s)",
            zone=zone, start=since, end=until, length=length,
        )  # fmt: skip
    lasts = to.gettext(
        "• %(zone)s: not watched since %(at)s (%(length)s)", zone=zone, at=since, length=length
    )
    silent = to.gettext(
        "%(device)s (%(code)s): silent since %(at)s",
        device=to.gettext("Camera"), code="cam-2", at=since,
    )  # fmt: skip
    return f"{lasts}\n   – {silent}"
