"""Callers who hang up at random moments beside honest ones, while a lock makes every query slow."""

import asyncio
import random
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import httpx

from tests.support.waiting import eventually

#: How many hang up at the same time; the api has ten connections.
AT_ONCE: Final = 30
#: How many may hang up for each honest answer. What they asked for is worked out all the same:
#: more of them would only be a flood, and nobody's answer would come.
FOR_EACH_ANSWER: Final = 12
POOL: Final = 10
#: How long a query is held up, and how long it is not.
HELD_S: Final = 0.04
FREE_S: Final = 0.02
PATHS: Final = ("/api/v1/facilities", "/api/v1/gaps", "/api/v1/incidents", "/api/v1/overview")
#: Connections of the api that are in a transaction, or not yet out of one.
_OPEN: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE usename = 'giamsat_api' AND (xact_start IS NOT NULL OR state <> 'idle')
"""
_WAITING: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE usename = 'giamsat_api' AND state = 'active' AND wait_event_type = 'Lock'
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody honest, and the code of the only facility that is theirs."""

    headers: dict[str, str]
    own: str
    others: str


@dataclass
class Aftermath:
    """What is left."""

    disconnects: int = 0
    answers: int = 0
    #: Answers to honest people that were late because of the others, and said so.
    busy: int = 0
    leaks: list[str] = field(default_factory=list)
    open_transactions: int = 0
    usable: int = 0
    seconds: float = 0

    @property
    def line(self) -> str:
        return (
            f"disconnects={self.disconnects} honest_answers={self.answers} busy={self.busy} "
            f"leaks={len(self.leaks)} open_transactions={self.open_transactions} "
            f"usable={self.usable}/{POOL} seconds={self.seconds:.0f}"
        )


@dataclass
class Storm:
    """One storm over a running api and its database."""

    port: int
    database_url: str
    people: tuple[Person, ...]
    count: int
    seed: int = 1
    over: asyncio.Event = field(default_factory=asyncio.Event)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    after: Aftermath = field(default_factory=Aftermath)

    async def run(self) -> Aftermath:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hold_up())
            for person in self.people:
                group.create_task(self._ask_honestly(person))
            await self._hang_up_often()
            self.over.set()
        await self._look_around()
        self.after.seconds = time.monotonic() - began
        return self.after

    async def _hold_up(self) -> None:
        link = await asyncpg.connect(self.database_url)
        while not self.over.is_set():
            async with link.transaction():
                await link.execute("LOCK TABLE facility IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(HELD_S)
            await asyncio.sleep(FREE_S)
        await link.close()

    async def _hang_up_often(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311 - to be repeated
        left = [chance.random() for _ in range(self.count)]

        async def one_after_the_other() -> None:
            while left:
                await self.turns.acquire()
                if not left:
                    return
                moment = left.pop()
                await self._hang_up(moment)
                self.after.disconnects += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(one_after_the_other())

    async def _hang_up(self, moment: float) -> None:
        """Before, while or just after it is answered; with a FIN or with a reset."""
        person = self.people[int(moment * 1000) % len(self.people)]
        path = PATHS[int(moment * 10_000) % len(PATHS)]
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            lines = [f"GET {path} HTTP/1.1", "Host: giamsat"]
            lines += [f"{name}: {value}" for name, value in person.headers.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode())
            await writer.drain()
            await asyncio.sleep(moment * 0.12)
            if int(moment * 100) % 2:
                own: socket.socket = writer.get_extra_info("socket")
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.close()
            await writer.wait_closed()

    async def _ask_honestly(self, person: Person) -> None:
        """One after the other: everybody sees their own facility and nobody else's."""
        base = f"http://127.0.0.1:{self.port}"
        async with httpx.AsyncClient(base_url=base, headers=person.headers, timeout=120) as client:
            while not self.over.is_set():
                self._judge(person, await client.get("/api/v1/facilities"))
                for _ in range(FOR_EACH_ANSWER):
                    self.turns.release()

    def _judge(self, person: Person, answer: httpx.Response) -> None:
        self.after.answers += 1
        if answer.status_code == 503:
            self.after.busy += 1
            return
        codes = [one["code"] for one in answer.json()["items"]] if answer.is_success else []
        if codes != [person.own] or person.others in answer.text:
            self.after.leaks.append(f"{answer.status_code} {answer.text[:200]}")

    async def _look_around(self) -> None:
        link = await asyncpg.connect(self.database_url)

        async def is_quiet() -> bool:
            return bool(await link.fetchval(_OPEN) == 0)

        with suppress(AssertionError):
            await eventually(is_quiet, within_s=30)
        self.after.open_transactions = await link.fetchval(_OPEN)
        self.after.usable = await self._usable(link)
        await link.close()

    async def _usable(self, link: asyncpg.Connection) -> int:
        """How many requests can wait for the database at the same time, each on a connection."""
        base = f"http://127.0.0.1:{self.port}"

        async def is_full() -> bool:
            return bool(await link.fetchval(_WAITING) >= POOL)

        async with httpx.AsyncClient(base_url=base, timeout=60) as client:
            held = link.transaction()
            await held.start()
            await link.execute("LOCK TABLE facility IN ACCESS EXCLUSIVE MODE")
            person = self.people[0]
            asked = [
                asyncio.create_task(client.get("/api/v1/facilities", headers=person.headers))
                for _ in range(POOL)
            ]
            with suppress(AssertionError):
                await eventually(is_full, within_s=4)
            await held.rollback()
            answers = await asyncio.gather(*asked)
        for answer in answers:
            self._judge(person, answer)
        return sum(answer.is_success for answer in answers)
