import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import unit_of_work
from tests.conftest import Database


def run(database: Database, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services.cli", "units", "import", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"MIGRATE_DATABASE_URL": database.url},
    )


async def count(engine: AsyncEngine) -> int:
    async with unit_of_work(engine) as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM admin_unit")) or 0)


async def test_what_is_shipped_is_tried_out_then_brought_in_then_there(
    database: Database, engine: AsyncEngine
) -> None:
    trial = run(database, "--shipped", "--dry-run")
    assert (trial.returncode, await count(engine)) == (0, 0)
    assert "units: 211 new, 0 changed, 0 as they were" in trial.stdout
    assert run(database, "--shipped").returncode == 0
    assert await count(engine) == 211
    assert "units: 0 new, 0 changed, 211 as they were" in run(database, "--shipped").stdout


async def test_faults_are_named_by_file_and_line_and_nothing_is_written(
    database: Database, engine: AsyncEngine, tmp_path: Path
) -> None:
    sheet = tmp_path / "mine.csv"
    sheet.write_text(
        "code;name;kind;parent;valid_from\n70;Tỉnh;province;;2025-07-01\n71;X;y;70;1\n"
    )
    done = run(database, str(sheet))
    assert (done.returncode, await count(engine)) == (1, 0)
    assert f"{sheet}:3 kind: y is none of its kinds." in done.stderr


async def test_a_file_that_is_not_there_is_said_in_one_line(database: Database) -> None:
    done = run(database, "nowhere.csv")
    assert done.returncode == 1
    assert "nowhere.csv" in done.stderr
    assert "Traceback" not in done.stderr
