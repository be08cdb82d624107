"""Which lines of the access log somebody asks for."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends, Query

from shared.domain.deeds import Subject, Verb
from shared.domain.schedule import midnight

HOME_ZONE: Final = "Asia/Ho_Chi_Minh"
ACTOR_PATTERN: Final = "^(user:[0-9]{1,18}|client:[0-9]{1,18}|system)$"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whatever is absent restricts nothing."""

    actor: str | None = None
    facility: str | None = None
    verb: Verb | None = None
    subject: Subject | None = None
    day: date | None = None

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """The day, from midnight to midnight."""
        if self.day is None:
            return None
        return midnight(self.day, HOME_ZONE), midnight(self.day + timedelta(days=1), HOME_ZONE)

    @property
    def query(self) -> dict[str, str]:
        """As in an address."""
        pairs = {
            "actor": self.actor, "facility": self.facility, "verb": self.verb,
            "subject": self.subject, "day": self.day and self.day.isoformat(),
        }  # fmt: skip
        return {name: str(value) for name, value in pairs.items() if value}


def actor_of(text: str) -> str | None:
    """As typed: also just a person's number."""
    actor = f"user:{text}" if text.isdecimal() and text.isascii() else text
    return actor if re.fullmatch(ACTOR_PATTERN, actor) else None


def _asked(
    actor: Annotated[
        str | None, Query(pattern=ACTOR_PATTERN, description="`user:7`, `client:3` or `system`")
    ] = None,
    facility: Annotated[str | None, Query(max_length=200)] = None,
    verb: Annotated[Verb | None, Query()] = None,
    subject: Annotated[Subject | None, Query()] = None,
    day: Annotated[
        date | None, Query(description="In Viet Nam", ge=date(2000, 1, 1), lt=date(9999, 1, 1))
    ] = None,
) -> Asked:
    return Asked(actor, facility, verb, subject, day)


#: A route's parameter of this type is given what is asked for.
AskedGiven = Annotated[Asked, Depends(_asked)]
