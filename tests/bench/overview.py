"""How quickly a province's overview is answered: 500 facilities, 10,000 devices, one real process.

Two alert bells ring in the data: 20 facilities are silent, and nearly all had a gap in the day.
"""

import asyncio
import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.sessions import tokens
from services.cli.postgres import Postgres
from shared.db.session import create_engine, unit_of_work
from shared.runtime import clock
from shared.runtime.sealed_box import new_key
from tests.bench import province
from tests.support import databases
from tests.support.broker import running_broker
from tests.support.ports import free_port
from tests.support.processes import running_service

FACILITIES = 500
DEVICES = 10_000
WARM_UP = 10
REQUESTS = 200
TOKEN = "bench-" + "x" * 40


def measure() -> dict[str, float]:
    with databases.running_postgres(shared_buffers="256MB") as postgres, _api(postgres) as port:
        answers = _times_ms(port, "/api/v1/overview", {"Authorization": f"Bearer {TOKEN}"})
        cookie = f"{tokens.COOKIE}={TOKEN}"
        pages = _times_ms(port, "/", {"Cookie": cookie, "Accept-Encoding": "gzip"})
    return {
        "api.overview_p50_ms": _percentile(answers, 50),
        "api.overview_p99_ms": _percentile(answers, 99),
        "api.page_p50_ms": _percentile(pages, 50),
        "api.page_p99_ms": _percentile(pages, 99),
    }


@contextmanager
def _api(postgres: Postgres) -> Iterator[int]:
    """The port of the service, over a province of its own."""
    name = asyncio.run(_seeded(postgres))
    port = free_port()
    with running_broker() as broker:
        settings = {
            "API_MQTT_HOST": broker.host,
            "API_MQTT_PORT": str(broker.port),
            "API_PORT": str(port),
        }
        secrets = {
            "api_database_url": postgres.url_of("giamsat_api", "api", name),
            "api_mqtt_password": broker.registry_password,
            "api_people_key": new_key(),
        }
        with running_service("api", health_port=port, settings=settings, secrets=secrets):
            yield port


async def _seeded(postgres: Postgres) -> str:
    name = await databases.fresh_database(postgres)
    engine = create_engine(postgres.url_of("giamsat", postgres.password, name), application="bench")
    # A little ahead, so that the data does not grow old while it is asked for.
    now = clock.now() + timedelta(minutes=2)
    await province.seed(engine, facilities=FACILITIES, devices=DEVICES, now=now)
    await _log_in(engine, now)
    await engine.dispose()
    return name


async def _log_in(engine: AsyncEngine, now: datetime) -> None:
    """Somebody who sees everything."""
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    async with unit_of_work(engine) as connection:
        user_id = await connection.scalar(
            text(
                "INSERT INTO user_account (email, name, language, password_hash, created_at) "
                "VALUES ('bench@example.vn', 'Bench', 'vi', '', :at) RETURNING id"
            ),
            {"at": long_ago},
        )
        await connection.execute(
            text(
                "INSERT INTO role_assignment (user_id, role, valid_from) "
                "VALUES (:user, 'DEPT_OFFICER', :at)"
            ),
            {"user": user_id, "at": long_ago},
        )
        await connection.execute(
            text(
                "INSERT INTO session (token_hash, user_id, created_at, last_seen_at, expires_at, "
                "assurance) VALUES (:hash, :user, :now, :now, :end, 'two_factors')"
            ),
            {
                "hash": tokens.hash_of(TOKEN),
                "user": user_id,
                "now": now,
                "end": now + timedelta(hours=1),
            },
        )


def _times_ms(port: int, path: str, headers: dict[str, str]) -> list[float]:
    """From the request's first byte to the answer's last, one after another on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    times: list[float] = []
    for _ in range(WARM_UP + REQUESTS):
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200 or len(body) < 1000:
            raise SystemExit(f"{path} answered {answer.status}: the figures mean nothing")
    connection.close()
    return sorted(times[WARM_UP:])


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
