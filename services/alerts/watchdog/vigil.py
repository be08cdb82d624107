"""Looks at how alerting is, and tells it to whoever can hear: watchdogs outside, administrators.

Beside the ticks, with a connection of its own: whatever happens here, no tick waits for it, and
whatever happens to the database, this goes on from memory.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.alarm import words
from services.alerts.alarm.overdue import SecondWay
from services.alerts.alarm.post import Address, Post
from services.alerts.deliver.channel import ChannelError
from services.alerts.people import queries as people
from services.alerts.tell.letters import Letter
from services.alerts.watchdog import queries
from services.alerts.watchdog.ping import Kennel, PingError, Signal
from services.alerts.watchdog.settings import WatchdogSettings
from shared.db.session import reading
from shared.domain import watchdog
from shared.domain.access import Role
from shared.domain.watchdog import Ailment, Call, Outage, Signs
from shared.i18n import LANGUAGES, Translator, translator
from shared.runtime import logging, loops

log = logging.get(__name__)


class Vigil:
    """One for each alerts service. Each tells what it sees: none relies on another to live."""

    def __init__(
        self,
        config: WatchdogSettings,
        engine: AsyncEngine,
        *,
        post: Post,
        second_way: SecondWay | None,
        now: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._engine = engine
        self._post = post
        self._second_way = second_way
        self._now = now
        self._kennels = [
            Kennel(url, timeout_s=config.watchdog_timeout_s) for url in config.watchdog_urls.split()
        ]
        self._outage = Outage(now())
        self._signs: Signs | None = None
        self._known: tuple[Address, ...] = ()
        self._deaf: set[str] = set()
        #: Set once the database has been asked, and has answered or not.
        self.has_looked = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        config = self._config
        async with asyncio.TaskGroup() as group:
            group.create_task(
                loops.every(config.look_every_s, self.look, name="vigil", stop=stop), name="vigil"
            )
            if self._second_way is not None:
                second = self._second_way.run
                group.create_task(
                    loops.every(config.look_every_s, second, name="alarm", stop=stop), name="alarm"
                )
            if self._kennels:
                group.create_task(self._ping(stop), name="watchdog")
            if config.watchdog_mail_to:
                group.create_task(self._mail(stop), name="watchdog-mail")

    async def look(self) -> None:
        """Ask the database; whether it answers or not, decide what must be told."""
        try:
            async with asyncio.timeout(self._config.watchdog_timeout_s):
                await self._ask()
        except loops.TRANSIENT:
            self._signs = None
            await self._looked()
            raise
        await self._looked()

    async def _looked(self) -> None:
        self.has_looked.set()
        await self._alarm()

    async def _ask(self) -> None:
        async with reading(self._engine) as connection:
            signs = await queries.signs(connection)
            roles = (await people.reachable(connection, [None], now=self._now())).get(None, {})
        # A clock of another machine may be ahead of ours; a service that just starts has its time.
        ticked_at = None if signs.ticked_at is None else min(signs.ticked_at, self._now())
        self._outage = self._outage.ticked(ticked_at)
        self._signs = replace(signs, ticked_at=self._outage.ticked_at)
        self._known = tuple(Address(r.address, r.language) for r in roles.get(Role.SYS_ADMIN, ()))

    def _ailments(self) -> Sequence[Ailment]:
        return watchdog.ailments(self._signs, self._config.patience, now=self._now())

    async def _alarm(self) -> None:
        """An outage is told once to everybody whom a server takes mail for, and so is its end."""
        now = self._now()
        call = self._outage.call(self._config.patience, now=now)
        if call is None:
            return
        since = self._outage.told_since or self._outage.ticked_at
        log.warning("alerting_stopped" if call is Call.STOPPED else "alerting_again", since=since)
        if await self._tell(call, since, now):
            self._outage = self._outage.told(call, at=now)

    async def _tell(self, call: Call, since: datetime, now: datetime) -> bool:
        """Whether anybody was told. The others are not told twice because one has no mailbox."""
        taken = [
            await self._send(to, lambda t: words.letter(call, t, since=since, now=now), at=now)
            for to in self._administrators()
        ]
        return any(taken) or not taken

    def _administrators(self) -> tuple[Address, ...]:
        """Those on record when the database last answered, and those in the settings."""
        named = [Address(one, LANGUAGES[0]) for one in self._config.alarm_to.split()]
        known = {to.address.casefold(): to for to in (*named, *self._known)}
        return tuple(known.values())

    async def _send(
        self, to: Address, write: Callable[[Translator], Letter], *, at: datetime
    ) -> bool:
        try:
            await self._post.send(self._post.message(write(translator(to.language)), to, at=at))
        except ChannelError as exc:
            log.warning("alarm_not_sent", reason=str(exc))
            return False
        return True

    async def _ping(self, stop: asyncio.Event) -> None:
        await self._tell_kennels(Signal.STARTED, "")
        await self.has_looked.wait()
        await loops.every(
            self._config.watchdog_every_s, self._ping_once, name="watchdog", stop=stop
        )

    async def _ping_once(self) -> None:
        wrong = self._ailments()
        await self._tell_kennels(Signal.UNWELL if wrong else Signal.WELL, " ".join(wrong))

    async def _tell_kennels(self, signal: Signal, reason: str) -> None:
        """One that does not answer keeps no other waiting."""
        async with asyncio.TaskGroup() as group:
            for kennel in self._kennels:
                group.create_task(self._tell_kennel(kennel, signal, reason))

    async def _tell_kennel(self, kennel: Kennel, signal: Signal, reason: str) -> None:
        """Told in the log once when it begins not to answer, and once when it does again."""
        try:
            await kennel.tell(signal, reason)
        except PingError as exc:
            if kennel.host not in self._deaf:
                log.warning("watchdog_not_reached", reason=str(exc))
            self._deaf.add(kennel.host)
            return
        if kennel.host in self._deaf:
            self._deaf.discard(kennel.host)
            log.info("watchdog_reached", host=kennel.host)

    async def _mail(self, stop: asyncio.Event) -> None:
        pause = timedelta(hours=self._config.watchdog_mail_every_h)
        await loops.every(pause.total_seconds(), self._mail_once, name="watchdog_mail", stop=stop)

    async def _mail_once(self) -> None:
        now, wrong = self._now(), " ".join(self._ailments())
        for one in self._config.watchdog_mail_to.split():
            to = Address(one, LANGUAGES[0])
            await self._send(to, lambda t: words.alive(t, now=now, reasons=wrong), at=now)
