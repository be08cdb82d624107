"""Puts messages into the outbox, each through the first channel that reaches its reader."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.outbox import queries
from services.alerts.outbox.drafts import Draft, Message
from services.alerts.wording.rewording import reworded
from shared.domain.delivery import Channel
from shared.domain.reaching import Contact, choose, order_of


async def post(connection: AsyncConnection, drafts: Sequence[Draft], *, now: datetime) -> int:
    """How many were new. The same one twice is one."""
    if not drafts:
        return 0
    users = {draft.recipient.user_id for draft in drafts}
    people = await queries.contacts(connection, users - {0}, now=now)
    said = await reworded(connection, drafts, now=now)
    messages = [_addressed(draft, people.get(draft.recipient.user_id, ())) for draft in said]
    return await queries.put_in(connection, messages, now=now)


def _addressed(draft: Draft, contacts: Sequence[Contact]) -> Message:
    """Whoever has no address of their own is told where they were told before."""
    order = order_of(draft.recipient.channels or draft.channels, draft.limits)
    known = contacts or (Contact(Channel.EMAIL, draft.recipient.address),)
    chosen = choose(order, known) or known[0]
    return Message(draft, chosen.channel, chosen.address, order)
