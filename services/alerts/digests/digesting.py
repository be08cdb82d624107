"""Tells in one message what would have been too many: nothing held back is ever silence."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.digests import letters, queries
from services.alerts.digests.queries import Held
from services.alerts.outbox import queries as outbox
from services.alerts.outbox.drafts import Draft, Message, reader_of
from services.alerts.tell.outbox import Sender
from shared.domain.delivery import DIGEST_EVERY, MessageKind, digest_due_at
from shared.domain.escalation import Recipient
from shared.domain.reaching import order_of
from shared.i18n import translator


async def digest(connection: AsyncConnection, sender: Sender, *, now: datetime) -> int:
    """How many digests were written."""
    if not await queries.keep_others_out(connection):
        return 0
    held = await queries.waiting(connection, digests_since=now - DIGEST_EVERY)
    due = [one for one in held if digest_due_at(one.oldest_at, one.digested_at) <= now]
    if not due:
        return 0
    messages = [_digest(one, sender) for one in due]
    await outbox.put_in(connection, messages, now=now)
    for message, one in zip(messages, due, strict=True):
        await queries.told_in(connection, message.message_id, one.ids)
    return len(due)


def _digest(held: Held, sender: Sender) -> Message:
    """Named by the first message in it, so that it is written once."""
    letter = letters.digest(held.subjects, translator(held.language), sender.console_url)
    name = f"<digest-{min(held.ids)}.{reader_of(held.address)}@{sender.mail_domain}>"
    order = order_of([held.channel], sender.limits)
    draft = Draft(
        None,
        MessageKind.DIGEST,
        0,
        Recipient(held.user_id, held.role, held.address, held.language),
        letter.subject,
        letter.body,
        name,
        priority=held.priority,
        short=letter.short,
        limits=sender.limits,
    )
    return Message(draft, held.channel, held.address, order)
