"""Carries out what somebody asked for: the messages of an entry, judged once more after a fix."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.quarantine import queries
from services.ingest.quarantine.queries import Asked
from shared.contracts.heartbeat import to_us


@dataclass(frozen=True, slots=True)
class Replay:
    """One request, and the messages it is about: (id, received at in µs, payload)."""

    asked: Asked
    messages: tuple[tuple[int, int, bytes], ...]

    @property
    def message_ids(self) -> list[int]:
        return [number for number, _, _ in self.messages]


class Replays:
    """Looks for requests, one at a time."""

    def __init__(self) -> None:
        self._served = 0

    async def next(self, connection: AsyncConnection) -> Replay | None:
        asked = await queries.asked_for(connection, after_id=self._served)
        if asked is None:
            return None
        rows = await queries.kept_messages(connection, asked.quarantine_id)
        return Replay(asked, tuple((number, to_us(at), payload) for number, at, payload in rows))

    def settle(self, replay: Replay) -> None:
        self._served = replay.asked.request_id
