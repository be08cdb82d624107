"""The outbox of mails with links: what a mail is made of."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Claimed
from services.alerts.people_post import queries as post
from services.alerts.people_post.queries import Kept
from shared.db.tables.invitations import person_mail
from shared.domain.delivery import Channel, MessageKind

KEPT: Final = Kept(person_mail, ("address", "body"))


async def claim(
    connection: AsyncConnection, *, now: datetime, due_again_at: datetime
) -> Claimed | None:
    """About no incident, never marked as a repeat."""
    row = await post.claim(connection, KEPT, now=now, due_again_at=due_again_at)
    if row is None:
        return None
    return Claimed(
        id=row.id,
        attempt_id=0,
        incident_id=None,
        user_id=None,
        kind=MessageKind.ACCOUNT,
        channel=Channel.EMAIL,
        address=row.address,
        language=row.language,
        subject=row.subject,
        body=row.body,
        short="",
        message_id=row.message_id,
        attempts=row.attempts,
        created_at=row.created_at,
        is_repeat=False,
    )
