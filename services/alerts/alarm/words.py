"""What the administrators are told without any database: plain, and about no facility."""

from datetime import datetime
from typing import Final

from services.alerts.tell.letters import Letter
from shared.domain.schedule import COUNTRY_TIME_ZONE
from shared.domain.watchdog import Call
from shared.i18n import Translator, marked

SUBJECTS: Final = {
    Call.STOPPED: marked("giamsat: alerting has stopped"),
    Call.AGAIN: marked("giamsat: alerting works again"),
}
ALIVE: Final = marked("giamsat: alerting works")


def letter(call: Call, to: Translator, *, since: datetime, now: datetime) -> Letter:
    """Since when, or from when to when."""
    subject = to.gettext(SUBJECTS[call])
    start, end = (to.instant(at, COUNTRY_TIME_ZONE) for at in (since, now))
    if call is Call.STOPPED:
        lines = [
            to.gettext("Since %(at)s no gap has been looked for, and nobody is told.", at=start),
            to.gettext(
                "Most often the database is away, full, or locked. Gateways and ingest keep what "
                "they can; what was missed is judged and told once it works again."
            ),
        ]
    else:
        lines = [
            to.gettext(
                "From %(start)s to %(end)s it did not. What happened meanwhile is being judged "
                "and told now.",
                start=start,
                end=end,
            )
        ]
    return Letter(subject, _closed(lines, to))


def alive(to: Translator, *, now: datetime, reasons: str) -> Letter:
    """The regular mail of who has no other watchdog: it is its absence that says something."""
    lines = [
        to.gettext(
            "At %(at)s ticks succeeded, heartbeats came in and messages went out.",
            at=to.instant(now, COUNTRY_TIME_ZONE),
        )
        if not reasons
        else to.gettext("Something is wrong: %(reasons)s.", reasons=reasons),
        to.gettext("If this mail does not come when it should, alerting is down."),
    ]
    return Letter(to.gettext(ALIVE if not reasons else SUBJECTS[Call.STOPPED]), _closed(lines, to))


def _closed(lines: list[str], to: Translator) -> str:
    end = to.gettext("Written automatically by giamsat; nobody reads answers to this address.")
    return "\n\n".join([*lines, end]) + "\n"
