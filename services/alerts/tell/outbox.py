"""Turns decisions into messages in the outbox, each under a name that makes it exactly one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.alerts.outbox.drafts import Draft, reader_of
from services.alerts.tell.letters import Letter
from services.alerts.tell.story import Story
from shared.domain.delivery import Channel, MessageKind
from shared.domain.escalation import Recipient
from shared.domain.reaching import MAIL_ONLY
from shared.domain.states import Severity
from shared.i18n import Translator, translator

#: What is sent first.
PRIORITY: Final = {Severity.NOTICE: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}

#: Writes one message in one language.
Writer = Callable[[Translator], Letter]


@dataclass(frozen=True, slots=True)
class Sender:
    """As whom messages go out, through what at most how often, and where readers find more."""

    mail_domain: str
    console_url: str
    limits: Mapping[Channel, int] = field(default_factory=lambda: MAIL_ONLY)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What makes a message unique: sent once per incident, kind and number to one address."""

    kind: MessageKind
    number: int
    #: The channels to try, in this order.
    channels: tuple[Channel, ...] = (Channel.EMAIL,)


def thread_id(incident_id: int, mail_domain: str) -> str:
    """What all messages of an incident refer to, so that mail programs keep them together."""
    return f"<incident-{incident_id}@{mail_domain}>"


def drafts(
    story: Story, people: Iterable[Recipient], occasion: Occasion, write: Writer, *, sender: Sender
) -> list[Draft]:
    return [
        Draft(
            story.incident_id,
            occasion.kind,
            occasion.number,
            person,
            letter.subject,
            letter.body,
            _message_id(story.incident_id, occasion, person.address, sender.mail_domain),
            channels=occasion.channels,
            priority=PRIORITY[story.severity],
            short=letter.short,
            limits=sender.limits,
            facts=letter.facts,
            worded_as=letter.said_as,
        )
        for person in people
        for letter in [write(translator(person.language))]
    ]


def _message_id(incident_id: int, occasion: Occasion, address: str, mail_domain: str) -> str:
    """The same for the same message, whenever and by whomever it is sent; it names nobody."""
    reader = reader_of(address)
    return f"<incident-{incident_id}.{occasion.kind}-{occasion.number}.{reader}@{mail_domain}>"
