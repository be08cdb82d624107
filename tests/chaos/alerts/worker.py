"""Test-only processes of the real alerts service: `python -m tests.chaos.alerts.worker`."""

import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop

from services.alerts import carriers, tick
from services.alerts.deliver import email
from services.alerts.deliver.box import Messages, Sent
from services.alerts.deliver.channel import Accepted, Carrier
from services.alerts.deliver.deliverer import Deliverer
from services.alerts.deliver.email import Tls
from services.alerts.service import Service
from services.alerts.settings import Settings
from services.alerts.tell import escalate
from shared.db.session import create_engine
from shared.domain import delivery
from shared.domain.delivery import Channel
from shared.runtime import clock, liveness, logging
from tests.chaos import forking
from tests.support.keyed_gateway import KeyedCarrier

#: What takes a minute in earnest takes seconds here, so that runs need not wait for it.
REPEAT_AFTER_S: Final = 10.0
LEASE_S: Final = 2.0
FIRST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(seconds=20)
PUT_OFF: Final = timedelta(seconds=8)


class Point(StrEnum):
    """Where it strikes (FAULTS §2.1)."""

    #: Gaps were found, their incidents are not committed.
    BEFORE_INCIDENT = "F9"
    #: A message is claimed, and not sent.
    BEFORE_SENDING = "F10"
    #: It was taken over, and that is not written down.
    BEFORE_RECORDING = "F11"
    #: It was decided who is told, and that is not committed.
    BEFORE_TELLING = "F12"


class Strike(msgspec.Struct, frozen=True):
    """Die there at the n-th pass."""

    point: Point
    at_pass: int


class Plan(msgspec.Struct, frozen=True):
    """One service: whom it talks to, and where it dies."""

    slot: int
    database_url: str
    smtp_port: int
    gateway_port: int
    log: str
    strike: Strike | None = None
    bug: str | None = None


class Passes:
    """Counts how often the service came by where it is to die."""

    def __init__(self, strike: Strike | None) -> None:
        self._strike = strike
        self._count = 0

    def by(self, point: Point) -> None:
        if self._strike is not None and point is self._strike.point:
            self._count += 1
            if self._count == self._strike.at_pass:
                os.kill(os.getpid(), signal.SIGKILL)

    def after(
        self, point: Point, body: Callable[..., Awaitable[Any]]
    ) -> Callable[..., Awaitable[Any]]:
        """The same, and then perhaps death, if there was anything to do."""

        async def wrapped(*args: Any, **more: Any) -> Any:
            done = await body(*args, **more)
            if done:
                self.by(point)
            return done

        return wrapped


class Dying:
    """A Carrier that dies before it carries anything."""

    def __init__(self, carrier: Carrier, passes: Passes) -> None:
        self._carrier = carrier
        self._passes = passes
        self.rest, self.drop = carrier.rest, carrier.drop

    async def send(self, claimed: Any) -> Any:
        self._passes.by(Point.BEFORE_SENDING)
        return await self._carrier.send(claimed)


class MarkedFirst(Messages):
    """A planted bug: written down as sent before it is sent. Who dies then has lost it."""

    async def claim(self, connection: Any, *, now: datetime, due_again_at: datetime) -> Any:
        claimed = await super().claim(connection, now=now, due_again_at=due_again_at)
        if claimed is not None:
            await super().sent(connection, Sent(claimed, Accepted("nobody", ""), now))
        return claimed


class Forgetful(Dying):
    """A planted bug: a new key each time. Who takes a message twice cannot know."""

    async def send(self, claimed: Any) -> Any:
        renamed = replace(claimed, message_id=f"<{secrets.token_hex(8)}@giamsat.example>")
        return await super().send(renamed)


class Mortal(Service):
    """The service, mortal."""

    plan: Plan
    passes: Passes

    def _deliverer(self, box: Any) -> Deliverer:
        deliverer = super()._deliverer(box)
        if self.plan.bug == "marked_first" and isinstance(box, Messages):
            box = MarkedFirst(box.channels, box.links, box.limits)
        kind = Forgetful if self.plan.bug == "forgetful" else Dying

        async def die(_: object) -> None:
            self.passes.by(Point.BEFORE_RECORDING)

        mortal: dict[Channel, Carrier] = {
            channel: kind(one, self.passes) for channel, one in deliverer.carriers.items()
        }
        return replace(deliverer, box=box, carriers=mortal, before_recording=die)


def work(plan: Plan) -> None:
    """Be that service until SIGTERM."""
    log = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logging.configure("alerts")
    _plug_in(plan.gateway_port)
    _hurry()
    Mortal.plan, Mortal.passes = plan, Passes(plan.strike)
    for module, name, point in (
        (tick, "judge", Point.BEFORE_INCIDENT),
        (escalate, "escalate", Point.BEFORE_TELLING),
    ):
        setattr(module, name, Mortal.passes.after(point, getattr(module, name)))
    uvloop.run(_run(plan))


def _plug_in(gateway_port: int) -> None:
    """Another channel beside mail, and no cap: the caps have tests of their own."""
    known = carriers.carriers

    def with_gateway(config: Settings) -> dict[Channel, Carrier]:
        return {**known(config), Channel.SMS: KeyedCarrier(gateway_port)}

    carriers.carriers = with_gateway
    carriers.limits = lambda config: {Channel.EMAIL: 1_000_000, Channel.SMS: 1_000_000}  # noqa: ARG005


def _hurry() -> None:
    """Whoever is put off comes back within the run."""
    for module, name, length in (
        (delivery, "FIRST_PAUSE", FIRST_PAUSE),
        (delivery, "LONGEST_PAUSE", LONGEST_PAUSE),
        (email, "PUT_OFF", PUT_OFF),
    ):
        setattr(module, name, length)


async def _run(plan: Plan) -> None:
    config = Settings(
        database_url=plan.database_url,
        smtp_host="127.0.0.1",
        smtp_port=plan.smtp_port,
        smtp_tls=Tls.NONE,
        smtp_timeout_s=4,
        mail_from="giamsat@giamsat.example",
        console_url="https://giamsat.example",
        tick_every_s=0.5,
        lease_s=LEASE_S,
        repeat_after_s=REPEAT_AFTER_S,
    )
    stop = liveness.stop_on_signals()
    engine = create_engine(config.database_url, application="alerts", pool_size=6)
    one = Mortal(config, engine, name=secrets.token_hex(8), now=clock.now)
    try:
        await one.run(stop)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))
    forking.main(Plan, work)
