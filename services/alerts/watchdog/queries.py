"""The one statement that asks how alerting is, of all services that run."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.watchdog import Signs

# A message that waits says little if younger ones went through: it may be its reader's mailbox.
_SIGNS = text(
    """
    WITH oldest AS (
        SELECT id, created_at FROM notification
        WHERE state = 'pending' AND sent_at IS NULL ORDER BY created_at LIMIT 1
    )
    SELECT (SELECT ticked_at FROM alert_lease),
           (SELECT min(seen_until) FROM ingest_worker),
           (SELECT created_at FROM oldest WHERE NOT EXISTS (
               SELECT FROM notification younger
               WHERE younger.id > oldest.id AND younger.state = 'sent'))
    """
)


async def signs(connection: AsyncConnection) -> Signs:
    return Signs(*(await connection.execute(_SIGNS)).one())
