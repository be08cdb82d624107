"""What a push says: where, what happened, how grave it is, and where to look. Never of whom."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.alerts.deliver.channel import Claimed
from services.alerts.push.queries import Subject
from shared.domain.states import Severity
from shared.i18n import marked, translator

_MOST_IN_TITLE: Final = 120
SEVERITIES: Final[Mapping[Severity, str]] = {
    Severity.NOTICE: marked("slight"),
    Severity.WARNING: marked("serious"),
    Severity.CRITICAL: marked("critical"),
}
SINCE: Final = marked("%(severity)s – since %(at)s")
OVER: Final = marked("It is over.")
#: Where a message leads that is about no incident.
_ELSEWHERE: Final = "/incidents"
_OWN: Final = "/account/telephones"


@dataclass(frozen=True, slots=True)
class Letter:
    """`tag`: of two with the same one, a browser shows the newer. `ref`: how it says it did."""

    claimed: Claimed
    subject: Subject | None
    tag: str
    ref: str


def payload(letter: Letter) -> bytes:
    """As our own service worker reads it."""
    claimed = letter.claimed
    title = " ".join((claimed.subject or claimed.short).split())
    return json.dumps(
        {
            "title": _cut(title),
            "body": _body(letter),
            "kind": claimed.kind,
            "severity": letter.subject.severity if letter.subject else None,
            "lang": claimed.language,
            "path": _path(claimed),
            "tag": letter.tag,
            "ref": letter.ref,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def _body(letter: Letter) -> str:
    subject, to = letter.subject, translator(letter.claimed.language)
    if subject is None:
        return ""
    if not subject.is_open:
        return to.gettext(OVER)
    severity = to.gettext(SEVERITIES[subject.severity]).capitalize()
    at = to.instant(subject.since_at, subject.time_zone)
    return to.gettext(SINCE, severity=severity, at=at)


def _path(claimed: Claimed) -> str:
    if claimed.incident_id is not None:
        return f"/incidents/{claimed.incident_id}"
    return _ELSEWHERE if claimed.subject else _OWN


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_IN_TITLE else text[: _MOST_IN_TITLE - 1].rstrip() + "…"
