import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.maintain.__main__ import OVERDUE_AFTER, Caretaker
from shared.db.session import unit_of_work
from shared.runtime.settings import SECRETS_DIR
from tests.conftest import Database
from tests.services.cli.maintain.conftest import NOW
from tests.support.ports import free_port
from tests.support.processes import Service, running_service
from tests.support.waiting import eventually


@pytest.fixture
async def old_words(engine: AsyncEngine) -> None:
    """Something that is past its time whenever this runs."""
    async with unit_of_work(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO quarantine (reason, topic, sample, count, first_at, last_at) "
                "VALUES ('future', 't', '', 1, '2020-01-01', '2020-01-01')"
            )
        )


async def giamsat(folder: Path, database: Database, *arguments: str) -> tuple[int, str]:
    """What the command line answers, without what it logs."""
    (folder / "migrate_database_url").write_text(database.url)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.cli", *arguments,
        env={**os.environ, SECRETS_DIR: str(folder)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@pytest.mark.usefixtures("old_words")
async def test_the_command_says_what_it_would_do_and_then_does_it(
    database: Database, tmp_path: Path
) -> None:
    would = await giamsat(tmp_path, database, "maintain", "--dry-run")
    did = await giamsat(tmp_path, database, "maintain")
    then = await giamsat(tmp_path, database, "maintain", "--dry-run")
    before = would[1].removeprefix("would go    quarantine before ")
    assert would == (0, f"would go    quarantine before {before}")
    assert before.endswith(": 1 rows\n")
    assert did == (0, f"gone        quarantine before {before}")
    assert then == (0, "Nothing is to be made, and nothing is past its time.\n")


@pytest.mark.usefixtures("old_words")
async def test_the_process_does_a_round_at_its_start_and_ends_when_asked(
    database: Database,
) -> None:
    port = free_port()
    settings = {"MAINTAIN_HEALTH_PORT": str(port)}
    secrets = {"migrate_database_url": database.url}

    def one_round() -> Service:
        with running_service(
            "cli.maintain", health_port=port, settings=settings, secrets=secrets
        ) as service:

            async def is_done() -> bool:
                return service.metric("giamsat_maintain_done_seconds") > 0

            asyncio.run(eventually(is_done))
            assert service.metric("giamsat_maintain_purged_rows_total") == 1
            service.process.send_signal(signal.SIGTERM)
            service.process.wait(10)
        return service

    assert (await asyncio.to_thread(one_round)).process.returncode == 0


async def test_rounds_that_fail_for_two_days_make_it_not_ready(engine: AsyncEngine) -> None:
    caretaker = Caretaker(engine, every_s=1, begun_at=NOW)
    assert caretaker.why_not_ready(NOW + OVERDUE_AFTER) is None
    why_not = caretaker.why_not_ready(NOW + OVERDUE_AFTER + timedelta(seconds=1))
    assert why_not == "no round was done since 2032-02-10 03:00:00Z"
