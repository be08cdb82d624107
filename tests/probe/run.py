"""Asks every question as everybody, of the api as it is and of one whose own filter is gone."""

import asyncio
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import httpx
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.postgres import OWNER, Postgres
from shared.db.session import create_engine, unit_of_work
from shared.db.tables.registry import admin_unit
from shared.db.tables.units import authority
from shared.runtime import clock
from shared.runtime.sealed_box import new_key
from tests.probe import agencies, cast
from tests.probe.cast import Actor
from tests.probe.fill import World, fill
from tests.probe.questions import Question, operations, questions
from tests.probe.verdict import Answer, Leak, leak_in
from tests.support import databases
from tests.support.broker import Broker, running_broker
from tests.support.ports import free_port
from tests.support.processes import running_service

#: How many requests are under way at once; the api has ten connections.
AT_ONCE: Final = 8
TRIES: Final = 3
FIRST_DAY: Final = date(2025, 7, 1)


@dataclass
class Outcome:
    """What came of all the questions to one api."""

    probes: int = 0
    leaks: list[Leak] = field(default_factory=list)
    #: How often each operation answered well to somebody entitled.
    welcomed: dict[str, int] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the questions are asked: one in so many, by a seed."""

    one_in: int = 1
    seed: int = 1

    def of(self, asked: Sequence[Question], actor: int) -> Sequence[Question]:
        rng = random.Random(f"{self.seed}/{actor}")  # noqa: S311 - a sample, not a secret
        return [question for question in asked if rng.randrange(self.one_in) == 0]


@dataclass(frozen=True, slots=True)
class Stage:
    """A filled database, and who asks."""

    worlds: Sequence[World]
    actors: Sequence[Actor]


async def stage(url: str) -> Stage:
    now = clock.now()
    engine = create_engine(url, application="probe")
    try:
        async with unit_of_work(engine) as connection:
            here = await _unit(connection, "51", None)
            there = await _unit(connection, "79", None)
            former = await _unit(connection, "62-old", here, ended_on=FIRST_DAY)
            communes = [
                await _unit(connection, code, province)
                for code, province in (("51-a", here), ("51-b", here), ("79-a", there))
            ]
            bodies = {"authority": {"id": await _authority(connection, here)}}
            worlds = [
                World(number, f"qz{number}kx-home", commune, province, dict(bodies))
                for number, (commune, province) in enumerate(
                    zip(communes, (here, here, there), strict=True)
                )
            ]
            for world in worlds:
                await fill(connection, world, now)
            actors = await cast.hired(connection, cast.posts(worlds, former), now)
            people = (worlds[0].rows["user_account"]["id"], worlds[1].rows["user_account"]["id"])
            actors += await agencies.registered(connection, worlds, people, now)
        return Stage(worlds, actors)
    finally:
        await engine.dispose()


async def _unit(
    connection: AsyncConnection, code: str, parent: int | None, *, ended_on: date | None = None
) -> int:
    values = {
        "code": code,
        "name": f"Unit {code}",
        "level": "commune" if parent else "province",
        "kind": "commune" if parent else "province",
        "parent_id": parent,
        "valid_from": date(2020, 1, 1) if ended_on else FIRST_DAY,
        "valid_to": ended_on,
    }
    found: int = (
        await connection.execute(insert(admin_unit).values(values).returning(admin_unit.c.id))
    ).scalar_one()
    return found


async def _authority(connection: AsyncConnection, unit_id: int) -> int:
    values = {
        "code": "syt-51",
        "name": "Sở Y tế",
        "kind": "health",
        "admin_unit_id": unit_id,
        "valid_from": FIRST_DAY,
    }
    found: int = (
        await connection.execute(insert(authority).values(values).returning(authority.c.id))
    ).scalar_one()
    return found


async def ask_all(base_url: str, on: Stage, choice: Choice) -> Outcome:
    outcome = Outcome()
    async with httpx.AsyncClient(base_url=base_url, timeout=60) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
        asked = list(_all_questions(document, on.worlds))
        turn = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for number, actor in enumerate(on.actors):
                chosen = choice.of(asked, number)
                group.create_task(_ask_as(client, actor, chosen, on.worlds, turn, outcome))
    return outcome


def _all_questions(document: Mapping[str, Any], worlds: Sequence[World]) -> Iterator[Question]:
    home = worlds[0]
    for operation in operations(document):
        if operation.method == "get":
            yield from questions(operation, home, home, document)
        for other in worlds[1:]:
            yield from questions(operation, home, other, document)


async def _ask_as(
    client: httpx.AsyncClient,
    actor: Actor,
    asked: Sequence[Question],
    worlds: Sequence[World],
    turn: asyncio.Semaphore,
    outcome: Outcome,
) -> None:
    nothings: dict[str, Answer] = {}
    for question in asked:
        if question.method != "get" and question.world in actor.worlds:
            continue  # What is one's own to change is not asked here: it would be changed.
        async with turn:
            answer = await _ask(
                client, actor, question, question.path, question.query, question.body
            )
            twin = None
            if question.twin is not None and question.world not in actor.worlds:
                # Of nothing there is only one, however many worlds it is compared with.
                asked_before = json.dumps((question.method, *question.twin))
                if asked_before not in nothings:
                    nothings[asked_before] = await _ask(client, actor, question, *question.twin)
                twin = nothings[asked_before]
        _note(outcome, actor, question, answer, leak_in(actor, question, answer, twin, worlds))


def _note(
    outcome: Outcome, actor: Actor, question: Question, answer: Answer, leak: Leak | None
) -> None:
    outcome.probes += 1
    if outcome.probes % 2000 == 0:
        print(f"{outcome.probes} probes, {len(outcome.leaks)} leaks", flush=True)
    if leak is not None:
        outcome.leaks.append(leak)
    if answer.status >= 500:
        outcome.broken.setdefault(question.operation, f"{actor.name}: {answer.body[:300]}")
    elif answer.status < 300:
        outcome.welcomed[question.operation] = outcome.welcomed.get(question.operation, 0) + 1


async def _ask(
    client: httpx.AsyncClient,
    actor: Actor,
    question: Question,
    path: str,
    query: Mapping[str, str],
    body: Any,
) -> Answer:
    for _ in range(TRIES - 1):
        with suppress(httpx.ReadError, httpx.RemoteProtocolError):
            # The server may close an idle connection just as it is used again.
            return await _once(client, actor, question.method, path, query, body)
    return await _once(client, actor, question.method, path, query, body)


async def _once(
    client: httpx.AsyncClient,
    actor: Actor,
    method: str,
    path: str,
    query: Mapping[str, str],
    body: Any,
) -> Answer:
    response = await client.request(
        method, path, params=dict(query), json=body, headers=actor.headers
    )
    return Answer(response.status_code, response.text)


@contextmanager
def running_api(server: Postgres, database: str, broker: Broker, module: str) -> Iterator[str]:
    """Its address."""
    port = free_port()
    with running_service(
        "api",
        health_port=port,
        settings={"API_PORT": str(port), "API_MQTT_PORT": str(broker.port)},
        secrets={
            "api_database_url": server.url_of("giamsat_api", "api", database),
            "api_mqtt_password": broker.registry_password,
            "api_people_key": new_key(),
            "api_sharing_key": "only good for probes, and long enough",
            "link_key": "only good for probes, and long enough",
            "push_key": new_key(),
        },
        module=module,
    ):
        yield f"http://127.0.0.1:{port}"


def probe(module: str, server: Postgres, broker: Broker, choice: Choice) -> tuple[Outcome, float]:
    """One api over a fresh, filled database; the seconds it took."""
    began = time.monotonic()
    database = asyncio.run(databases.fresh_database(server))
    filled = asyncio.run(stage(server.url_of(OWNER, server.password, database)))
    with running_api(server, database, broker, module) as base_url:
        outcome = asyncio.run(ask_all(base_url, filled, choice))
    return outcome, time.monotonic() - began


def both(choice: Choice) -> tuple[Outcome, Outcome, float]:
    """The api as it is, and the same guarded by the rows alone."""
    with databases.running_postgres() as server, running_broker() as broker:
        whole, seconds = probe("services.api", server, broker, choice)
        rows_only, more = probe("tests.probe.unfiltered", server, broker, choice)
    return whole, rows_only, seconds + more
