"""What every way to send a message does: hand one over, or say whether trying again may help.

When to try again, through what else, and whom to tell instead is decided elsewhere, in one place.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from shared.domain.delivery import Channel, MessageKind
from shared.runtime.errors import GiamsatError

NO_WAIT: Final = timedelta(0)


class ChannelError(GiamsatError):
    """A message was not handed over.

    `may_have_arrived`: the answer to its last byte is lost. `wait`: no sooner again, if at all.
    `is_address_bad`: refused for good because of where it was to go, not because of what it says.
    `provider`: who did not take it, where there are several.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        may_have_arrived: bool = False,
        wait: timedelta = NO_WAIT,
        is_address_bad: bool = False,
        provider: str | None = None,
    ) -> None:
        super().__init__(message, retryable=retryable)
        self.may_have_arrived = may_have_arrived
        self.wait = wait
        self.is_address_bad = is_address_bad
        self.provider = provider


@dataclass(frozen=True, slots=True)
class Accepted:
    """Who took the message over, and under which number; `receipt_expected` if they will say."""

    provider: str
    provider_ref: str
    receipt_expected: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send now; `is_repeat` if an earlier attempt may have succeeded.

    `message_id` is the same at every attempt: the key by which a gateway knows a repeat. Mail is
    `subject` and `body`; what has to be brief is `short`. Links are filled in already.
    """

    id: int
    attempt_id: int
    incident_id: int | None
    user_id: int | None
    kind: MessageKind
    channel: Channel
    address: str
    language: str
    subject: str
    body: str
    short: str
    message_id: str
    attempts: int
    created_at: datetime
    is_repeat: bool


class Carrier(Protocol):
    """One channel. Cancelled if it takes too long; it never tries twice by itself."""

    async def send(self, claimed: Claimed) -> Accepted:
        """Hand it over. Raises ChannelError."""
        ...

    async def rest(self) -> None:
        """Nothing is left to send for now."""
        ...

    async def drop(self) -> None:
        """Something went wrong: leave what is not known to be in order."""
        ...
