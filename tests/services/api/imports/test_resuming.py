"""A process dies in the midst of an import; another goes on, and each row is on record once."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.imports import runner as running
from services.api.imports.runner import Runner
from services.api.resources import Resources
from shared.db.session import reading
from shared.db.tables.access_log import access_log
from shared.db.tables.registry import facility
from tests.services.api.conftest import Clock
from tests.services.api.imports.conftest import Send
from tests.support.people import Province

#: On a machine that does much else; alone it takes a small part of it.
BOUND_S = 150


def sheet(rows: int) -> str:
    lines = (f"B-{n:05},Mái ấm số {n},{n % 50}" for n in range(rows))
    return "code,name,children\n" + "\n".join(lines) + "\n"


async def begun(api: httpx.AsyncClient, who: dict[str, str], job: dict[str, Any]) -> None:
    answer = await api.post(f"/imports/{job['id']}/wish", json={"wish": "commit"}, headers=who)
    assert answer.status_code == 200


async def on_record(engine: AsyncEngine) -> tuple[int, int]:
    """Facilities, and lines about them in the access log."""
    async with reading(engine) as connection:
        made = await connection.scalar(
            select(func.count()).select_from(facility).where(facility.c.code.like("B-%"))
        )
        told = await connection.scalar(
            select(func.count()).select_from(access_log).where(access_log.c.key.like("B-%"))
        )
    return int(made or 0), int(told or 0)


@pytest.mark.parametrize("stops_after_s", [0.05, 0.2, 0.45])
async def test_a_worker_that_dies_midway_is_followed_by_another(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, resources: Resources,
    runner: Runner, clock: Clock, send: Send, stops_after_s: float,
) -> None:  # fmt: skip
    job = await send(province.officer, sheet(80))
    await begun(api, province.officer, job)
    dying = asyncio.create_task(runner.look())
    _, left = await asyncio.wait([dying], timeout=stops_after_s)
    for task in left:
        task.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    successor = Runner(resources)
    await successor.look()  # the lease of the dead one may still hold: then this does nothing
    clock.advance(seconds=running.LEASE.total_seconds() + 1)
    await successor.look()
    whole = (await api.get(f"/imports/{job['id']}", headers=province.officer)).json()
    assert (whole["state"], whole["left"]) == ("committed", 0)
    assert await on_record(engine) == (80, 80)


async def test_two_workers_at_once_put_each_row_on_record_once(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, resources: Resources,
    clock: Clock, send: Send, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    job = await send(province.officer, sheet(60))
    await begun(api, province.officer, job)
    # A lease of no length: both believe that the other one fell silent.
    monkeypatch.setattr(running, "LEASE", -running.LEASE)
    await asyncio.gather(Runner(resources).look(), Runner(resources).look())
    assert await on_record(engine) == (60, 60)
    whole = (await api.get(f"/imports/{job['id']}", headers=province.officer)).json()
    assert whole["counts"] == [{"state": "done", "verdict": "create", "rows": 60}]


@pytest.mark.timeout(240)
async def test_a_thousand_facilities_come_on_record_in_time(
    api: httpx.AsyncClient, province: Province, engine: AsyncEngine, runner: Runner, send: Send
) -> None:
    started = time.monotonic()
    job = await send(province.officer, sheet(1000))
    await begun(api, province.officer, job)
    await runner.look()
    took_s = time.monotonic() - started
    assert (await on_record(engine))[0] == 1000
    print(f"1000 facilities checked and put on record in {took_s:.1f} s")
    assert took_s < BOUND_S
