"""Fills an empty installation with the demo's province, once; its past is judged by alerts itself.

The last day is replayed step by step: what the devices told is written as ingest writes it, and
then the alerts service's own tick judges it at the time of that step. So gaps, incidents, their
history and the messages are what the product would have made of that day.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.alerts.lease import queries as lease
from services.alerts.tell.outbox import Sender
from services.alerts.tick import Holder, tick
from services.api.sessions.passwords import hashed
from services.cli import queries as set_up
from services.cli.demo import coverage, history, queries
from services.cli.demo.history import Step, Trouble
from services.cli.demo.passwords import Passwords
from services.cli.demo.province import FACILITIES, LADDER, MAIL_DOMAIN, people
from services.cli.demo.register import Registered, register
from shared.db.session import reading, unit_of_work

HOLDER = Holder("demo-history")
DELIVERY_TOOK = timedelta(milliseconds=400)
ACKNOWLEDGED_AFTER = timedelta(seconds=127)
NOTE = "Mất điện khu vực, đã cử người trực tại phòng."


async def is_needed(engine: AsyncEngine) -> bool:
    async with reading(engine) as connection:
        return not await queries.is_seeded(connection, facility_code=FACILITIES[0].code)


async def seed(
    engine: AsyncEngine, passwords: Passwords, *, console_url: str, now: datetime
) -> None:
    hashes = await _hashes(passwords.people)
    born_at = now - history.LENGTH
    async with unit_of_work(engine) as connection:
        registered = await register(connection, passwords.devices, hashes, now=born_at)
        await set_up.add_first_ladder(connection, LADDER, now=born_at)
        await coverage.begin(connection, now=born_at)
    troubles = history.troubles_before(now)
    sender = Sender(MAIL_DOMAIN, console_url)
    for step in history.steps(troubles, now=now):
        await _live_through(engine, step, troubles, registered)
        await tick(engine, HOLDER, sender, step.at)
        async with unit_of_work(engine) as connection:
            await queries.call_all_messages_sent(connection, took=DELIVERY_TOOK)
    async with unit_of_work(engine) as connection:
        await lease.give_back(connection, holder=HOLDER.name, now=now)


async def _hashes(passwords: Mapping[str, str]) -> dict[str, str]:
    found = await asyncio.gather(*(asyncio.to_thread(hashed, word) for word in passwords.values()))
    return dict(zip(passwords, found, strict=True))


async def _live_through(
    engine: AsyncEngine, step: Step, troubles: tuple[Trouble, ...], registered: Registered
) -> None:
    async with unit_of_work(engine) as connection:
        words = {
            device_id: list(history.told(speaker, step, troubles))
            for speaker, device_id in registered.devices.items()
        }
        await coverage.write(connection, words, step)
        for trouble in troubles:
            if trouble.kind is history.Kind.PLATFORM_BLIND and trouble.end_at == step.start_at:
                await coverage.was_blind(connection, trouble)
            if trouble.kind is history.Kind.NO_POWER:
                await _acknowledge(connection, trouble, step, registered)


async def _acknowledge(
    connection: AsyncConnection, trouble: Trouble, step: Step, registered: Registered
) -> None:
    if trouble.facility is None or step.at != trouble.start_at + ACKNOWLEDGED_AFTER:
        return
    manager = next(person for person in people() if person.facility == trouble.facility)
    await queries.acknowledge(
        connection,
        facility_id=registered.facilities[trouble.facility],
        user_id=registered.users[manager.email],
        note=NOTE,
        now=step.at,
    )
