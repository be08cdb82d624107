"""A message that is to go into the outbox; through which channel is found when it does."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.delivery import Channel, MessageKind
from shared.domain.escalation import Recipient
from shared.domain.reaching import MAIL_ONLY
from shared.domain.templates import Facts


@dataclass(frozen=True, slots=True)
class Draft:
    """`channels`: to be tried first, in this order. `limits`: see `reaching`."""

    incident_id: int | None
    kind: str
    occasion: int
    recipient: Recipient
    subject: str
    body: str
    message_id: str
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    priority: int = 1
    short: str = ""
    limits: Mapping[Channel, int] = field(default_factory=lambda: MAIL_ONLY)
    #: With what, and as what, it can be said in other words; nothing: only in these.
    facts: Facts = field(default_factory=dict)
    worded_as: MessageKind | None = None

    @property
    def said_as(self) -> MessageKind:
        return self.worded_as or MessageKind(self.kind)


@dataclass(frozen=True, slots=True)
class Message:
    """A draft that knows where it goes; `order` is kept for when it does not arrive there."""

    draft: Draft
    channel: Channel
    address: str
    order: tuple[Channel, ...]
    instead_of: int | None = None

    @property
    def message_id(self) -> str:
        """The same for the same message; it says through what, and names nobody."""
        name = self.draft.message_id
        if self.instead_of is not None:
            domain = name.rpartition("@")[2]
            return f"<instead-of-{self.instead_of}@{domain}"
        return name if self.channel is Channel.EMAIL else f"<{self.channel}-{name[1:]}"


def reader_of(address: str) -> str:
    """Stands for an address where the address must not."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]
