"""Tells the broker which credentials begin and which end now.

waiting (the broker knows it and refuses it) ──not_before──▶ in force ──not_after──▶ ended

The rows lead and the broker follows, in one transaction: what the broker was not told is not
stored, and is told at the next look. Two of us take turns, and find done what the other has done.
"""

from typing import Final

from services.api.access.transactions import changing_as_system
from services.api.broker_access import BrokerRefusedError
from services.api.credentials.keeping import queries
from services.api.floods import queries as floods
from services.api.resources import Resources
from shared.runtime import logging
from shared.runtime.errors import GiamsatError

log = logging.get(__name__)

EVERY_S: Final = 1.0
_NEVER: Final = -1


class CredentialsUntoldError(GiamsatError):
    """The broker would not do what we told it. We shall tell it again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, retryable=True)


class Keeper:
    """What one process remembers between two looks: to which broker it has told everything."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._told_over = _NEVER

    async def look(self) -> None:
        """Without the broker nothing can be done, and nobody can log in."""
        broker = self._resources.broker
        if not broker.is_connected:
            return
        connections = broker.connections
        try:
            await self._tell_due()
            if connections != self._told_over:
                await self._tell_again()
        except BrokerRefusedError as exc:
            raise CredentialsUntoldError(str(exc)) from exc
        self._told_over = connections

    async def _tell_due(self) -> None:
        now = self._resources.now()
        async with changing_as_system(self._resources) as connection:
            await floods.take_turn(connection)
            ended = await queries.end_due(connection, now=now)
            begun = await queries.begin_due(connection, now=now)
            await self._resources.broker.revoke(ended)
            await self._resources.broker.resume(begun)
        for name in ended:
            log.info("device_credential_ended", username=name)
        for name in begun:
            log.info("device_credential_begun", username=name)

    async def _tell_again(self) -> None:
        """A broker that comes back may have forgotten what it was told just before."""
        now = self._resources.now()
        async with changing_as_system(self._resources) as connection:
            await floods.take_turn(connection)
            await self._resources.broker.revoke(await queries.lately_ended(connection, now=now))
            await self._resources.broker.resume(await queries.lately_begun(connection, now=now))
