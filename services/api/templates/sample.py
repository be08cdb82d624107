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
    known = {
        **_where(to),
        **_why(kind, to, since),
        _P.LINES: _lines(kind, to, since, until),
        _P.SINCE: since,
        _P.UNTIL: until,
        _P.LENGTH: to.duration(_LASTED),
        _P.LATE: "",
        _P.NOBODY: "",
        _P.N: "2",
        _P.NUMBER: "1234",
        _P.LINK: link,
        _P.LINKS: link,
        _P.DETAILS: details,
    }
    known[_P.WHAT] = to.gettext(
        _WHAT.get(kind, _NOT_WATCHED), facility=known[_P.FACILITY], zones=known[_P.ZONES]
    )
    return {name: value for name, value in known.items() if name in FACTS[kind]}


def _where(to: Translator) -> dict[Placeholder, str]:
    facility, commune = to.gettext("Example Home"), to.gettext("Example commune")
    lines = (
        to.gettext("Facility: %(facility)s", facility=facility),
        to.gettext("Commune: %(commune)s", commune=commune),
    )
    return {
        _P.FACILITY: facility,
        _P.COMMUNE: commune,
        _P.ZONES: to.gettext("Play room 2"),
        _P.PLACE: "\n".join(lines),
    }


def _why(kind: MessageKind, to: Translator, at: str) -> dict[Placeholder, str]:
    units = {"to": to.gettext("Example commune"), "before": to.gettext("Next commune")}
    officer = to.gettext(names.ROLES[Role.COMMUNE_CPO])
    return {
        _P.REASON: to.gettext(_REASON[kind], at=at, **units) if kind in _REASON else "",
        _P.WHY: to.gettext(
            "No sign of life from the devices that watch there. Check their power, cables and "
            "network."
        ),
        _P.NEXT: to.gettext(
            "From now on the time counts. If the work is not done, ask for another window; it "
            "cannot reach back."
        ),
        _P.TOLD: to.gettext("Also told: %(roles)s.", roles=officer),
    }


def _lines(kind: MessageKind, to: Translator, since: str, until: str) -> str:
    zone, length = to.gettext("Play room 2"), to.duration(_LASTED)
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
