"""Compares who was told with who was to be: what is missing, and what came twice."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final

from tests.chaos.alerts.town import Expected

REPEATED: Final = "(có thể trùng)"
_FACILITY: Final = re.compile(r"Facility-[0-9]{5}\.")


@dataclass(slots=True)
class Verdict:
    """`unmarked`: repeats of a mail that do not say so; `strange`: told to nobody's surprise."""

    alerts: int = 0
    lost: list[Expected] = field(default_factory=list)
    doubled_keyed: int = 0
    repeats_smtp: int = 0
    unmarked: int = 0
    most_copies: int = 0
    strange: int = 0

    def is_good(self, crashes: int) -> bool:
        """A crash may cost one repeat, marked."""
        wrong = len(self.lost) + self.doubled_keyed + self.unmarked + self.strange
        return not wrong and self.repeats_smtp <= crashes

    def line(self, kills: int) -> str:
        """For machines."""
        return (
            f"alerts={self.alerts} lost={len(self.lost)} doubled_keyed={self.doubled_keyed} "
            f"repeats_smtp={self.repeats_smtp} kills={kills}"
        )


def judge(
    expected: Iterable[Expected],
    mails: Sequence[EmailMessage],
    short: Iterable[dict[str, str]],
) -> Verdict:
    """What went out against what was to go out."""
    wanted = set(expected)
    by_mail = Counter(_told(str(one["Subject"]), "email", str(one["To"])) for one in mails)
    by_key = Counter(_told(one["text"], "sms", one["to"]) for one in short)
    marked = Counter(
        _told(str(one["Subject"]), "email", str(one["To"]))
        for one in mails
        if REPEATED in str(one["Subject"])
    )
    return Verdict(
        alerts=len(wanted),
        lost=sorted(
            wanted - by_mail.keys() - by_key.keys(), key=lambda one: (one.facility, one.address)
        ),
        doubled_keyed=sum(count - 1 for count in by_key.values()),
        repeats_smtp=sum(count - 1 for count in by_mail.values()),
        unmarked=sum(max(0, count - 1 - marked[what]) for what, count in by_mail.items()),
        most_copies=max([0, *by_mail.values(), *by_key.values()]),
        strange=len((by_mail.keys() | by_key.keys()) - wanted),
    )


def _told(text: str, channel: str, address: str) -> Expected:
    found = _FACILITY.search(text)
    return Expected(found.group() if found else text, channel, address)
