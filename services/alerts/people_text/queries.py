"""The outbox of codes and tests: what a text is made of, and whose answer is lost."""

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.alerts.deliver.channel import Claimed
from services.alerts.people_post import queries as post
from services.alerts.people_post.queries import Kept
from services.alerts.sms import queries as sms
from services.alerts.sms.gateway import Arrived
from services.alerts.sms.words import key_of
from shared.db.tables.channels import person_text
from shared.domain.delivery import Channel, MessageKind
from shared.domain.sms_failover import End, Try

KEPT: Final = Kept(person_text, ("body",))
_READER: Final = text("SELECT user_id, channel, address FROM contact_point WHERE id = :id")


async def claim(
    connection: AsyncConnection, *, now: datetime, due_again_at: datetime
) -> Claimed | None:
    """To the telephone or the browser that it is about."""
    row = await post.claim(connection, KEPT, now=now, due_again_at=due_again_at)
    if row is None:
        return None
    reader = (await connection.execute(_READER, {"id": row.contact_point_id})).one()
    return Claimed(
        id=row.id,
        attempt_id=0,
        incident_id=None,
        user_id=reader.user_id,
        kind=MessageKind.TEST if row.kind == "test" else MessageKind.ACCOUNT,
        channel=Channel(reader.channel),
        address=reader.address,
        language=row.language,
        subject="",
        body=row.body,
        short=row.body,
        message_id=row.message_id,
        attempts=row.attempts,
        created_at=row.created_at,
        is_repeat=row.attempts > 1,
    )


async def settle(connection: AsyncConnection, text_id: int) -> None:
    """Whoever was asked last did not take it."""
    await connection.execute(
        text("UPDATE person_text SET unsure_of = NULL WHERE id = :id"), {"id": text_id}
    )


class Texted:
    """The `Record` of this outbox: only a gateway whose answer is lost is remembered."""

    async def tries(self, connection: AsyncConnection, claimed: Claimed) -> list[Try]:
        found = await connection.execute(
            text(
                "SELECT unsure_of, unsure_at FROM person_text "
                "WHERE id = :id AND unsure_of IS NOT NULL"
            ),
            {"id": claimed.id},
        )
        return [Try(row.unsure_of, End.UNKNOWN, row.unsure_at) for row in found]

    async def arrived(self, connection: AsyncConnection, claimed: Claimed) -> Arrived | None:
        """Whether a gateway that knows our keys says that it arrived."""
        key = key_of(claimed.message_id)
        gateway = await sms.arrived_under(connection, key)
        return None if gateway is None else Arrived(gateway, key)

    async def trying(
        self, connection: AsyncConnection, claimed: Claimed, gateway: str, *, now: datetime
    ) -> None:
        await connection.execute(
            text(
                """
                UPDATE person_text
                SET unsure_at = CASE WHEN unsure_of = :gateway THEN unsure_at
                                     ELSE CAST(:now AS timestamptz) END,
                    unsure_of = :gateway
                WHERE id = :id
                """
            ),
            {"id": claimed.id, "gateway": gateway, "now": now},
        )
