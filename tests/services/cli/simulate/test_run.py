"""The commands as they are typed, through a real broker, ingest and database."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.simulate import truth
from shared.db.session import unit_of_work
from tests.conftest import Database
from tests.support.broker import Broker
from tests.support.ports import free_port
from tests.support.processes import running_service
from tests.support.waiting import eventually

EVERYTHING = [
    "--facilities=4", "--devices=5", "--interval=0.4", "--seconds=4", "--linger=8",
    "--dialect=gateway", "--dialect=heartbeat", "--plain=0.3", "--signed=0.3",
    "--off=0.1", "--off-s=1", "--cut=0.1", "--cut-s=1", "--faulty=0.1", "--faulty-s=1",
    "--lost=0.05", "--duplicated=0.1", "--disordered=0.1", "--disorder-s=1",
]  # fmt: skip


@dataclass
class Site:
    """Where commands are typed."""

    environ: Mapping[str, str]
    truth: Path

    async def type(self, *words: str) -> tuple[int, str]:
        process = await self.start(*words)
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", *words,
            env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip


@pytest.fixture
async def site(database: Database, broker: Broker, tmp_path: Path) -> AsyncIterator[Site]:
    port = free_port()
    with running_service(
        "ingest",
        health_port=port,
        settings={"INGEST_MQTT_PORT": str(broker.port), "INGEST_HEALTH_PORT": str(port)},
        secrets={
            "ingest_database_url": database.url_of_service("ingest"),
            "ingest_mqtt_password": broker.ingest_password,
        },
    ):
        environ = {
            "MIGRATE_DATABASE_URL": database.url,
            "SIMULATE_MQTT_PORT": str(broker.port),
            "API_MQTT_PASSWORD": broker.registry_password,
        }
        yield Site({**os.environ, **environ}, tmp_path / "truth.jsonl")


def last_line(said: str) -> str:
    return said.splitlines()[-1]


async def test_of_a_run_with_every_trouble_nothing_is_lost_and_nothing_invented(
    site: Site, engine: AsyncEngine
) -> None:
    code, said = await site.type("simulate", *EVERYTHING, f"--truth={site.truth}")
    assert code == 0, said
    lines = list(truth.read(site.truth))
    end = lines[-1]
    assert isinstance(end, truth.End)
    assert end.sent == end.delivered > 50
    numbered = [line for line in lines if isinstance(line, truth.Sent) and line.from_us is not None]
    assert end.acknowledged > 0.7 * len(numbered)
    code, said = await site.type("verify-coverage", str(site.truth))
    assert last_line(said).startswith("lost_s=0 invented_s=0 devices=2"), said
    assert code == 0, said
    await _forget_a_second(engine)
    code, said = await site.type("verify-coverage", str(site.truth))
    assert code == 1
    assert not last_line(said).startswith("lost_s=0 "), said


async def _forget_a_second(engine: AsyncEngine) -> None:
    """Of whichever device has one."""
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "UPDATE device_day SET watched = watched - tstzmultirange(tstzrange("
                "lower(watched) + interval '1 s', lower(watched) + interval '2 s')) "
                "WHERE upper(watched) - lower(watched) > interval '3 s'"
            )
        )


async def test_a_broker_that_restarts_costs_nothing_that_can_be_said_again(
    site: Site, broker: Broker
) -> None:
    options = ["--facilities=3", "--interval=0.3", "--seconds=4", "--linger=15"]
    process = await site.start("simulate", *options, f"--truth={site.truth}")

    async def has_begun() -> bool:
        return site.truth.exists() and b'"sent"' in site.truth.read_bytes()

    await eventually(has_begun)
    broker.kill()
    broker.start()
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    code, report = await site.type("verify-coverage", str(site.truth))
    assert last_line(report).startswith("lost_s=0 invented_s=0 devices=51"), said.decode() + report
    assert code == 0, report


async def test_a_second_run_goes_on_with_the_same_facilities_until_they_are_removed(
    site: Site, engine: AsyncEngine
) -> None:
    short = ["simulate", "--devices=2", "--interval=0.2", "--seconds=1"]
    for seed in ("1", "2"):
        code, said = await site.type(
            *short, "--name=one", f"--seed={seed}", f"--truth={site.truth}"
        )
        assert code == 0, said
    code, said = await site.type("verify-coverage", str(site.truth))
    assert last_line(said).startswith("lost_s=0 invented_s=0 devices=3 "), said
    code, said = await site.type(*short[:2], "--interval=5", "--name=one")
    assert (code, "SIM-one-… are on record" in said.replace("\n", " ")) == (1, True)
    code, said = await site.type("simulate", "--remove")
    assert (code, last_line(said)) == (0, "1 simulated facilities retired.")
    code, said = await site.type(*short, "--name=one")
    assert code == 1
    assert "SIM-one-… are on record" in said.replace("\n", " ")
    async with unit_of_work(engine) as connection:
        left = await connection.scalar(text("SELECT count(*) FROM device WHERE retired_at IS NULL"))
    assert left == 0
