"""Brings what ingest credits in step with what was decided and where the camera stands."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.camera_approvals import queries
from services.api.placements import queries as placements
from shared.domain.camera_approval import last_recording


async def apply(connection: AsyncConnection, device_id: int) -> None:
    """In the transaction of the change: both, or neither."""
    approvals = await queries.of_devices(connection, [device_id])
    history = await placements.history(connection, device_id)
    allowed = last_recording(approvals.get(device_id, ()), history)
    await queries.tell_ingest(connection, device_id, allowed)
