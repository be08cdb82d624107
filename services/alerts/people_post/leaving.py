"""What becomes of a message with a secret that was not taken: tried again, or given up."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.box import NotSent
from services.alerts.people_post import queries
from services.alerts.people_post.queries import Kept
from shared.domain.delivery import GiveUp, TryAgain


async def not_sent(connection: AsyncConnection, kept: Kept, end: NotSent) -> None:
    match end.verdict:
        case TryAgain(at):
            await queries.postpone(connection, kept, end.claimed, due_at=at)
        case GiveUp():
            await queries.bury(connection, kept, end.claimed.id)
