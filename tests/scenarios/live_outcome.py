"""What followed in a scenario that was played in earnest, and what its table says."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg

from tests.scenarios.language import Scenario, seconds
from tests.scenarios.live_post import PostBox
from tests.scenarios.live_town import LiveTown

#: Of each person, the kinds of messages in order.
Told = dict[str, list[str]]


@dataclass(frozen=True)
class Happened:
    """An incident; instants in milliseconds, none where the table names none that we know."""

    place: str
    cause: str
    state: str
    is_within: bool
    since_ms: int | None
    until_ms: int | None


@dataclass
class Outcome:
    """Both sides of one scenario. `instants`: when each of the table's was, in milliseconds."""

    post: PostBox
    link: "asyncpg.Connection[Any]"
    town: LiveTown
    scenario: Scenario
    instants: dict[str, int] = field(default_factory=dict)

    async def differences(self) -> list[str]:
        """What did not follow as the table says."""
        sides = (
            ("incidents", self.expected, await self.happened()),
            ("messages", self.to_be_told_by(self.scenario.end_s), await self.told()),
        )
        return [
            f"{self.scenario.title}: {name}: expected {expected}, was {was}"
            for name, expected, was in sides
            if expected != was
        ]

    async def told(self) -> Told:
        """From the mails that arrived; what each is for, the outbox knows by its name."""
        mails = self.post.within(self.town.key)
        rows = await self.link.fetch(
            "SELECT message_id, kind FROM notification WHERE message_id = ANY($1::text[])",
            [str(mail["Message-ID"]) for mail in mails],
        )
        kinds = {row["message_id"]: row["kind"] for row in rows}
        return _by_person(
            (kinds.get(str(mail["Message-ID"]), f"stray: {mail['Subject']}"), str(mail["To"]))
            for mail in mails
        )

    def to_be_told_by(self, at_s: float) -> Told:
        """As the table has it."""
        told = [line.split() for line in self.scenario.messages]
        return _by_person(
            (kind, self.town.address(who)) for at, kind, who in told if seconds(at) <= at_s
        )

    @property
    def expected(self) -> list[Happened]:
        return [self._expected(line) for line in self.scenario.incidents]

    def _expected(self, line: str) -> Happened:
        place, cause, span, state, *within = line.split()
        since, until = span.split("-")
        return Happened(
            place, cause, state, bool(within), self.instants.get(since), self.instants.get(until)
        )

    async def happened(self) -> list[Happened]:
        rows = await self.link.fetch(_INCIDENTS, self.town.key, self.town.province_id)
        known = set(self.instants.values())
        return [_incident(row, known) for row in rows]


_INCIDENTS: Final = """
    SELECT coalesce(f.code, u.code) AS place, i.cause, i.state, i.parent_id,
           i.since_at, (SELECT max(g.to_at) FROM gap g WHERE g.incident_id = i.id) AS over_at
    FROM incident i
    LEFT JOIN facility f ON f.id = i.facility_id
    LEFT JOIN admin_unit u ON u.id = i.admin_unit_id
    WHERE f.code LIKE '%-' || $1 OR u.parent_id = $2
    ORDER BY i.id
"""


def _incident(row: Any, known: set[int]) -> Happened:
    """An instant that is none of the table's is none."""
    since_ms, until_ms = _ms(row["since_at"]), _ms(row["over_at"])
    return Happened(
        row["place"].split("-")[0],
        row["cause"],
        row["state"],
        row["parent_id"] is not None,
        since_ms if since_ms in known else None,
        until_ms if until_ms in known else None,
    )


def _ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)


def _by_person(told: Iterable[Iterable[str]]) -> Told:
    people: defaultdict[str, list[str]] = defaultdict(list)
    for kind, who in told:
        people[who.lower()].append(kind)
    return dict(people)
