"""Takes incidents up for people who answered a message: as who was told, by their own telephone.

came in ──no code──▶ no_answer ──too many wrong codes──▶ too_many
   └─ code ──of nothing told to that telephone──▶ unknown_code
        └──▶ acknowledged, over, no_longer_yours
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from services.api.access.transactions import changing_as_system, reading_as_system
from services.api.ack_links.opening import caller_without_session
from services.api.incidents import acknowledging
from services.api.incidents.queries import By
from services.api.problems import ConflictError, ForbiddenError, MissingError
from services.api.resources import Resources
from services.api.sessions.visitor import Visitor
from services.api.sms import queries
from services.api.sms.queries import Inbound, Told
from shared.domain import ack_link, sms_reply
from shared.domain.handling import Way

EVERY_S: Final = 1.0
AT_ONCE: Final = 100
#: As long as a link in a message.
LASTS: Final = ack_link.LASTS
#: Four digits are soon guessed, by whoever sends in another's name.
MOST_WRONG: Final = 5
WITHIN: Final = timedelta(hours=1)
_MOST_TOLD: Final = 500


class Outcome(StrEnum):
    """What came of a message that came in."""

    ACKNOWLEDGED = "acknowledged"
    OVER = "over"
    NO_LONGER_YOURS = "no_longer_yours"
    NO_ANSWER = "no_answer"
    UNKNOWN_CODE = "unknown_code"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Replies:
    """A chore. Whoever dies in between does it again, and it changes nothing."""

    resources: Resources

    async def look(self) -> None:
        async with reading_as_system(self.resources) as connection:
            waiting = await queries.unhandled(connection, limit=AT_ONCE)
        for inbound in waiting:
            outcome = await self._taken_up(inbound)
            async with changing_as_system(self.resources) as connection:
                await queries.handled(connection, inbound.id, outcome, now=self.resources.now())

    async def _taken_up(self, inbound: Inbound) -> Outcome:
        code = sms_reply.code_in(inbound.body)
        if code is None:
            return Outcome.NO_ANSWER
        now = self.resources.now()
        async with reading_as_system(self.resources) as connection:
            wrong = await queries.failures(
                connection, inbound.sender, Outcome.UNKNOWN_CODE, since=now - WITHIN
            )
            told = await queries.told(
                connection, inbound.sender, since=now - LASTS, limit=_MOST_TOLD
            )
        if wrong >= MOST_WRONG:
            return Outcome.TOO_MANY
        meant = self._meant(code, told)
        return Outcome.UNKNOWN_CODE if meant is None else await self._acknowledged(meant)

    def _meant(self, code: str, told: Sequence[Told]) -> Told | None:
        """The newest message that asked for this code."""
        keys = ack_link.keys_of(self.resources.settings.link_key)
        for one in told:
            if any(code == sms_reply.code_of(one.incident_id, key=key) for key in keys):
                return one
        return None

    async def _acknowledged(self, told: Told) -> Outcome:
        now = self.resources.now()
        caller = await caller_without_session(
            self.resources, told.user_id, Visitor(), language=told.language, now=now
        )
        by = By(Way.SMS, told.notification_id)
        try:
            await acknowledging.acknowledge(
                self.resources, caller, told.incident_id, note="", by=by
            )
        except ConflictError:
            return Outcome.OVER
        except (ForbiddenError, MissingError):
            return Outcome.NO_LONGER_YOURS
        return Outcome.ACKNOWLEDGED
