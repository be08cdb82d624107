"""A truth file against a real database, in which loss and invention were planted."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.simulate import truth
from services.cli.simulate.truth_file import TruthFile
from services.cli.simulate.verify import check
from services.cli.simulate.verify.promise import Promise
from shared.db.session import unit_of_work
from shared.domain.heartbeat import SECOND_US
from shared.domain.states import WatchState
from tests.conftest import Database
from tests.support.registry import register

#: Half an hour before a local midnight: the truth lies in two local days.
START = datetime(2026, 6, 1, 16, 30, tzinfo=UTC)
#: Each day, and from when to when it lasts, from the start.
DAYS = ((START.date(), -84_600, 1_800), (START.date() + timedelta(days=1), 1_800, 88_200))
KINDS = ("watched", "late", "impaired")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def us(after_s: float) -> int:
    return round(((START - EPOCH).total_seconds() + after_s) * SECOND_US)


@pytest.fixture
def file(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A camera watched for an hour, was covered for a minute, and all was told and taken."""
    monkeypatch.setenv("MIGRATE_DATABASE_URL", database.url)
    path = tmp_path / "truth.jsonl"
    with TruthFile(path) as lines:
        lines.write(
            [
                truth.Run("T", us(0), us(3_660), {}),
                truth.Device(0, "HOA-SEN", "CAM-1", 30, us(0)),
                truth.Voice(0, "HOA-SEN", "CAM-1", "heartbeat", (0,), is_cumulative=True),
                truth.Watched(0, us(0), us(3_600)),
                truth.Watched(0, us(3_600), us(3_660), WatchState.COVERED),
                truth.Sent(1, 0, "…", (0, 0), us(3_600), us(3_600), from_us=us(0)),
                truth.Sent(2, 0, "…", (1, 1), us(3_660), us(3_660), from_us=us(3_600)),
                truth.Answered(((1, 2),), 0, us(3_660)),
            ]
        )
    return path


async def record(engine: AsyncEngine, *pieces: tuple[str, float, float]) -> None:
    """What ingest would have written: late, as the past was told at once, and impaired."""
    ids = await register(engine, "CAM-1", registered_at=START)
    async with unit_of_work(engine) as connection:
        for day, first_s, last_s in DAYS:
            spans = {kind: _multirange(pieces, kind, first_s, last_s) for kind in KINDS}
            await connection.execute(
                text(
                    "INSERT INTO device_day (device_id, day, watched, late, impaired, changed_at) "
                    "VALUES (:id, :day, CAST(:watched AS tstzmultirange), "
                    "CAST(:late AS tstzmultirange), CAST(:impaired AS tstzmultirange), :now)"
                ).bindparams(*(bindparam(kind, type_=Text) for kind in KINDS)),
                {"id": ids.devices[0], "day": day, "now": START, **spans},
            )
        await connection.execute(
            text(
                "INSERT INTO device_fault (device_id, day, fault, spans) VALUES "
                "(:id, :day, 'covered', CAST(:spans AS tstzmultirange))"
            ).bindparams(bindparam("spans", type_=Text)),
            {
                "id": ids.devices[0],
                "day": DAYS[1][0],
                "spans": f"{{{_range(3_600, 3_660)}}}",
            },
        )


def _multirange(
    pieces: Sequence[tuple[str, float, float]], kind: str, first_s: float, last_s: float
) -> str:
    """The pieces of a kind within a day."""
    cut = [(max(a, first_s), min(b, last_s)) for name, a, b in pieces if name == kind]
    return "{" + ",".join(_range(a, b) for a, b in cut if a < b) + "}"


def _range(start_s: float, end_s: float) -> str:
    return f"[{START + timedelta(seconds=start_s)},{START + timedelta(seconds=end_s)})"


LIVE_S = 300
WELL = (
    ("late", 0, 3_600 - LIVE_S),
    ("watched", 3_600 - LIVE_S, 3_600),
    ("impaired", 3_600, 3_660),
)


async def verified(file: Path, promise: Promise = Promise.DELIVERED) -> tuple[bool, str]:
    is_good, lines = await check.verify(file, None, promise=promise, wait_s=0)
    said = StringIO()
    console = Console(file=said, width=160)
    for line in lines:
        console.print(line)
    return is_good, said.getvalue()


async def test_a_database_that_says_what_is_true_is_good(file: Path, engine: AsyncEngine) -> None:
    await record(engine, *WELL)
    is_good, said = await verified(file)
    assert said.splitlines()[-1] == "lost_s=0 invented_s=0 devices=1 seconds=3660"
    assert is_good


async def test_a_planted_loss_is_found(file: Path, engine: AsyncEngine) -> None:
    late, *rest = WELL
    await record(engine, ("late", 0, 100), ("late", 100.25, late[2]), *rest)
    is_good, said = await verified(file)
    assert "lost_s=1 invented_s=0" in said.splitlines()[-1]
    assert "HOA-SEN/CAM-1" in said
    assert not is_good


async def test_a_planted_invention_is_found_wherever_it_lies(
    file: Path, engine: AsyncEngine
) -> None:
    await record(engine, ("late", -10, -5), *WELL, ("watched", 8_000, 8_001))
    is_good, said = await verified(file)
    assert "lost_s=0 invented_s=6" in said.splitlines()[-1]
    assert not is_good


async def test_a_fault_that_is_missing_makes_the_check_fail(
    file: Path, engine: AsyncEngine
) -> None:
    await record(engine, *WELL[:2])
    is_good, said = await verified(file)
    assert "lost_s=0 invented_s=0" in said.splitlines()[-1]
    assert not is_good


async def test_of_a_device_that_is_not_on_record_everything_is_lost(
    file: Path, engine: AsyncEngine
) -> None:
    is_good, said = await verified(file)
    assert "lost_s=3600 invented_s=0" in said.splitlines()[-1]
    assert not is_good


async def test_what_was_not_acknowledged_may_be_lost_if_only_that_was_promised(
    file: Path, engine: AsyncEngine
) -> None:
    is_good, _ = await verified(file, Promise.ACKNOWLEDGED)
    assert is_good
    with TruthFile(file) as lines:
        lines.write([truth.Acknowledged(((1, 1),), us(3_660))])
    is_good, said = await verified(file, Promise.ACKNOWLEDGED)
    assert "lost_s=3600 invented_s=0" in said.splitlines()[-1]
    assert not is_good


async def test_an_empty_file_is_no_proof(file: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    with pytest.raises(truth.TruthError, match="empty"):
        await check.verify(empty, None, promise=Promise.DELIVERED, wait_s=0)
