"""Looks for floods, has the broker refuse who floods, and lets them back in when it is time.

in ──too much refused──▶ out (row written, then the broker told) ──`until` passed──▶ in

The rows lead and the broker follows: whatever it may have missed it is told again. Two of us
take turns, and find done what the other has done.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.broker_access import BrokerAccess, BrokerRefusedError
from services.api.floods import metrics, queries
from shared.db.session import SYSTEM, unit_of_work
from shared.domain import floods
from shared.domain.floods import RULES, Decision, Refused, Rules
from shared.runtime import logging
from shared.runtime.errors import GiamsatError

log = logging.get(__name__)

EVERY_S: Final = 2.0
#: Longer than the longest pause, so that the tally of who returns is still known.
_REMEMBERED: Final = timedelta(hours=2)
_NEVER: Final = -1


class FloodUnstoppedError(GiamsatError):
    """The broker would not do what we told it. We shall tell it again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, retryable=True)


class Watch:
    """What one process remembers between two looks."""

    def __init__(
        self,
        engine: AsyncEngine,
        broker: BrokerAccess,
        *,
        now: Callable[[], datetime],
        rules: Rules = RULES,
    ) -> None:
        self._engine = engine
        self._broker = broker
        self._now = now
        self._rules = rules
        self._counts: dict[int, int] = {}
        self._seen_since = now()
        self._past: tuple[Refused, ...] = ()
        #: The connection over which the broker was told of all that is in force.
        self._told_over = _NEVER

    async def look(self) -> None:
        """Read, decide, and see to it. Without the broker nothing can be done, and none floods."""
        if not self._broker.is_connected:
            return
        now = self._now()
        try:
            decision = await self._decide(now)
            if self._told_over != self._broker.connections:
                await self._tell_all()
            if decision.back:
                await self._let_back(decision.back, now)
        except BrokerRefusedError as exc:
            raise FloodUnstoppedError(str(exc)) from exc

    async def _decide(self, now: datetime) -> Decision:
        async with unit_of_work(self._engine, SYSTEM) as connection:
            await queries.take_turn(connection)
            tallies = await queries.throttled(connection, since=now - _REMEMBERED)
            refused = floods.refused_between(
                self._counts, tallies, seen_since=self._seen_since, now=now
            )
            past = floods.within_window((*self._past, refused), now=now, rules=self._rules)
            flooding = floods.flooding(past, rules=self._rules)
            known = await queries.known(connection, now=now)
            decision = floods.decide(flooding, known, now=now, rules=self._rules)
            await queries.keep(connection, {**decision.out, **decision.longer})
            names = await queries.names_of(connection, decision.out)
        self._counts = {one.entry: one.count for one in tallies}
        self._seen_since = now - _REMEMBERED
        self._past = past
        for device_id, one in decision.out.items():
            self._told_over = _NEVER
            metrics.SUSPENDED.inc()
            log.warning(
                "device_suspended",
                device=names.get(device_id),
                until=one.until.isoformat(),
                times=one.times,
            )
        return decision

    async def _tell_all(self) -> None:
        """The broker forgets with its access file, and with it whom it refuses."""
        connections = self._broker.connections
        async with unit_of_work(self._engine, SYSTEM) as connection:
            await queries.take_turn(connection)
            await self._broker.suspend(await queries.usernames_in_force(connection))
        self._told_over = connections

    async def _let_back(self, device_ids: frozenset[int], now: datetime) -> None:
        """The broker comes first: if the commit fails, it is told once more."""
        async with unit_of_work(self._engine, SYSTEM) as connection:
            await queries.take_turn(connection)
            resumed = await queries.resume(connection, device_ids, now=now)
            names = await queries.usernames(connection, resumed, now=now)
            await self._broker.resume(names)
        for name in names:
            log.info("device_resumed", device=name)
