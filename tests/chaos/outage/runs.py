"""One outage of the broker from before to after, and the control."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from services.cli.postgres import Postgres
from shared.runtime import clock
from tests.bench.__main__ import machine
from tests.bench.ingest.rig import CLIENT, LOAD, Rig
from tests.chaos.outage import herd as herds
from tests.chaos.outage import oracle, pace, town
from tests.chaos.outage.herd import Device, Herd
from tests.chaos.outage.oracle import Gap, Seen, Truth, Verdict
from tests.chaos.outage.pace import Pace
from tests.chaos.outage.worker import BLIND_AFTER, HOLD
from tests.chaos.postgres import Server
from tests.support import databases
from tests.support.broker import running_broker
from tests.support.mail_server import MailServer, mail_server
from tests.support.ports import free_port
from tests.support.processes import Service, running_service
from tests.support.waiting import eventually

#: They die in the midst of the outage, each in another facility.
DEAD: Final = 3
CONTROL_DEVICES: Final = 100
SETTLED_WITHIN_S: Final = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the run came to, and whether the forgetful platform was found out."""

    devices: int
    pace: Pace
    verdict: Verdict
    afterwards: int
    is_caught: bool

    @property
    def is_good(self) -> bool:
        return self.verdict.is_good and self.is_caught


@dataclass
class Stage:
    """One town with everything real but its devices."""

    rig: Rig
    link: "asyncpg.Connection[Any]"
    herd: Herd
    mail: MailServer
    pace: Pace
    doomed: range
    _required_at: datetime = field(default_factory=clock.now)

    @property
    def told(self) -> list[str]:
        return [str(mail["To"]) for mail in self.mail.received]

    async def begin(self) -> None:
        """Everybody is heard; from now on they have to be; and a round later it is judged."""
        within_s = SETTLED_WITHIN_S + self.pace.interval_s
        await eventually(self._is_everybody_heard, within_s=within_s)
        self._required_at = clock.now()
        await town.require(self.link, pace=self.pace, at=self._required_at)
        await eventually(self._is_judged, within_s=within_s)

    async def _is_everybody_heard(self) -> bool:
        unheard = await self.link.fetchval(
            "SELECT count(*) FROM device WHERE id NOT IN (SELECT device_id FROM device_day)"
        )
        return not unheard

    async def _is_judged(self) -> bool:
        judged_until = await self.link.fetchval("SELECT judged_until FROM alert_lease")
        round_s = timedelta(seconds=self.pace.interval_s)
        return bool(judged_until and judged_until > self._required_at + round_s)

    async def is_settled(self) -> bool:
        """We see again, and of every dead device its people were told."""
        left = await self.link.fetchval(
            "SELECT count(*) FROM incident WHERE cause = 'platform_blind' AND state = 'open'"
        )
        waiting = await self.link.fetchval(
            "SELECT count(*) FROM notification WHERE state = 'pending'"
        )
        told = {town.manager_of(number) for number in self.doomed} <= set(self.told)
        return not left and not waiting and told

    async def gaps(self) -> list[Gap]:
        rows = await self.link.fetch(
            "SELECT z.code, g.from_at FROM gap g JOIN zone z ON z.id = g.zone_id"
        )
        return [Gap(int(row["code"][1:]), int(row["from_at"].timestamp() * 1000)) for row in rows]

    async def causes(self) -> list[str]:
        return [row["cause"] for row in await self.link.fetch("SELECT cause FROM incident")]

    async def seen(self, before: int, back: int) -> Seen:
        """`before` the outage came so many mails, and so many until the broker was back."""
        told = self.told
        return Seen(await self.gaps(), await self.causes(), told[before:back], told[back:])

    def truth(self) -> Truth:
        died = {one.number: one.died_ms for one in self.herd.devices if one.died_ms is not None}
        return Truth(
            died,
            self.pace.interval_s * 1000,
            {n: frozenset({town.manager_of(n), town.officer_of(n), town.DEPARTMENT}) for n in died},
            town.ADMINS,
        )


async def measure(folder: Path, *, devices: int, how: Pace, tell: Callable[[str], None]) -> Outcome:
    """The run, and after it the control, on a server of their own."""
    async with Server(folder) as server:
        verdict, afterwards = await run(server.postgres, devices=devices, how=how, tell=tell)
        tell(f"run: {verdict}")
        is_caught = await control(server.postgres)
    return Outcome(devices, how, verdict, afterwards, is_caught)


async def control(server: Postgres) -> bool:
    """Whether a platform that forgets that it was blind is found out."""
    async with set_stage(server, devices=CONTROL_DEVICES, how=pace.CONTROL) as stage:
        await town.forget_blindness(stage.link)
        await stage.begin()
        await _outage(stage)
        with suppress(AssertionError):
            await eventually(stage.gaps, within_s=pace.CONTROL.shows_within_s)
        return oracle.judge(stage.truth(), await stage.seen(0, 0)).false_gaps > 0


async def run(
    server: Postgres, *, devices: int, how: Pace, tell: Callable[[str], None] = lambda _: None
) -> tuple[Verdict, int]:
    """What came of it, and how many mails came after the return."""
    async with set_stage(server, devices=devices, how=how) as stage:
        await stage.begin()
        tell(f"{devices} devices are watched; the broker stops for {how.lasts_s:g} s")
        before = len(stage.told)
        await _outage(stage)
        back = len(stage.told)
        tell(f"the broker is back; {back - before} mails so far")
        # That nothing comes can only be waited for.
        await asyncio.sleep(how.shows_within_s)
        await eventually(stage.is_settled, within_s=SETTLED_WITHIN_S)
        verdict = oracle.judge(stage.truth(), await stage.seen(before, back))
        return verdict, len(stage.told) - back


async def _outage(stage: Stage) -> None:
    """Stopped in order, as an administrator stops it; a few devices die meanwhile."""
    broker = stage.rig.broker
    await asyncio.to_thread(broker.stop)
    await asyncio.sleep(stage.pace.lasts_s / 2)
    stage.herd.die(stage.doomed)
    await asyncio.sleep(stage.pace.lasts_s / 2)
    await asyncio.to_thread(broker.start)


@asynccontextmanager
async def set_stage(server: Postgres, *, devices: int, how: Pace) -> AsyncIterator[Stage]:
    """Broker, ingest, alerts, a mail server; the herd beats already."""
    database = await databases.fresh_database(server)
    began_at = clock.now()
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(running_broker(others=[CLIENT]))
        mail = await stack.enter_async_context(mail_server())
        rig = Rig(server, broker, database)
        link = await asyncpg.connect(rig.url_of("giamsat", server.password))
        stack.push_async_callback(link.close, timeout=5)
        await town.build(link, devices=devices, pace=how, at=began_at)
        began_ms = int(began_at.timestamp() * 1000)
        herd = Herd(
            broker.port,
            how.interval_s,
            [Device(number, began_ms, says_since=number % 2 == 0) for number in range(devices)],
            LOAD,
        )
        await stack.enter_async_context(herds.beating(herd))
        await stack.enter_async_context(_beside(rig.worker()))
        await stack.enter_async_context(_beside(_alerts(rig, mail.port, how)))
        # Each in another facility, of both kinds.
        step = town.DEVICES_EACH + 1
        yield Stage(rig, link, herd, mail, how, range(0, DEAD * step, step))


@asynccontextmanager
async def _beside(running: AbstractContextManager[Service]) -> AsyncIterator[Service]:
    """Begun and ended in a thread: the mail server it talks to is in ours."""
    service = await asyncio.to_thread(running.__enter__)
    try:
        yield service
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


@contextmanager
def _alerts(rig: Rig, smtp_port: int, how: Pace) -> Iterator[Service]:
    """As it is, or with shorter waits where they are asked for."""
    health_port = free_port()
    settings = {
        "ALERTS_HEALTH_PORT": str(health_port),
        "ALERTS_CONSOLE_URL": "https://giamsat.example",
        "ALERTS_SMTP_HOST": "127.0.0.1",
        "ALERTS_SMTP_PORT": str(smtp_port),
        "ALERTS_SMTP_TLS": "none",
        "ALERTS_MAIL_FROM": "giamsat@giamsat.example",
        # A cap would hide a storm.
        "ALERTS_MAILS_PER_HOUR": "1000000",
        BLIND_AFTER: str(how.blind_after_s),
        HOLD: str(how.hold_s),
    }
    secrets = {"alerts_database_url": rig.url_of("giamsat_alerts", "alerts")}
    with running_service(
        "alerts",
        health_port=health_port,
        settings=settings,
        secrets=secrets,
        module="tests.chaos.outage.worker" if how.is_hurried else None,
    ) as service:
        yield service


def lines(outcome: Outcome) -> Iterator[str]:
    """The report; its last line is for machines."""
    verdict = outcome.verdict
    yield f"after the return: {outcome.afterwards} mails, of what is over and of {DEAD} that died"
    yield f"died and not found: {verdict.missed or 'none'}"
    yield f"told of nothing: {dict(verdict.strangers) or 'nobody'}"
    yield f"other causes: {dict(verdict.other_causes) or 'none'}"
    yield f"administrators not told: {', '.join(sorted(verdict.untold_admins)) or 'none'}"
    yield f"machine: {', '.join(f'{what} {value}' for what, value in machine().items())}"
    yield f"control forgets its blindness: {'caught' if outcome.is_caught else 'MISSED'}"
    yield verdict.line(devices=outcome.devices, outage_s=outcome.pace.lasts_s)
