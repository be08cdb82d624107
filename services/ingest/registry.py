"""Which devices there are, by the topic of their heartbeat; kept in step with the database."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest import queries
from services.ingest.track import Track
from shared.contracts import topics
from shared.contracts.heartbeat import to_us
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import default_length_us


class Registry:
    """The tracks of all registered devices; the inbox looks things up in the same dictionary."""

    def __init__(self) -> None:
        self.tracks: dict[str, Track] = {}
        self._version = -1

    async def refresh(self, connection: AsyncConnection) -> bool:
        """Learn what changed in the registry; False if nothing did."""
        version = await queries.registry_version(connection)
        if version == self._version:
            return False
        for device in await queries.registered_since(connection, self._version):
            self._learn(device)
        self._version = version
        return True

    def _learn(self, device: queries.RegisteredDevice) -> None:
        topic = topics.of(device.facility, device.code, Leaf.HEARTBEAT)
        track = self.tracks.get(topic)
        if track is None:
            track = Track(
                device.id,
                time_zone=device.time_zone,
                default_us=default_length_us(device.interval_s),
                registered_us=to_us(device.registered_at),
                retired_us=_us(device.retired_at),
            )
            self.tracks[topic] = track
        else:
            track.default_us = default_length_us(device.interval_s)
            track.retired_us = _us(device.retired_at)


def _us(instant: datetime | None) -> int | None:
    return None if instant is None else to_us(instant)
