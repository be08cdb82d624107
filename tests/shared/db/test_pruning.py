"""What is asked all the time opens the months that it is about, however many there are."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.alerts.detect import queries as detect
from services.alerts.evidence import queries as evidence
from services.api.access.queries import Facility
from services.api.coverage import queries as coverage
from services.api.overview import queries as overview
from services.cli.maintain import round as rounds
from shared.db.session import unit_of_work
from shared.domain.access import Scope
from shared.domain.judgement import Stretch
from shared.domain.schedule import midnight
from tests.support.registry import register

NOW = datetime(2030, 1, 20, 3, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)
HOUR_AGO = NOW - timedelta(hours=1)
STRETCH = Stretch(NOW - timedelta(seconds=1), NOW)
ZONE = "Asia/Ho_Chi_Minh"
TODAY = detect.LocalDay(
    ZONE, NOW.date(), midnight(NOW.date(), ZONE), midnight(NOW.date(), ZONE) + timedelta(days=1)
)
HERE = Facility(1, "HOA-SEN", 1, ZONE, NOW - timedelta(days=9), None)
ONLY_JANUARY = {"2030_01"}
#: Of what was corrected lately: thirty days back, and whatever lies ahead.
NOT_LONG_AGO = {"2029_12", "2030_01", "2030_02", "2030_03", "2030_04", "other"}

Question = Callable[[AsyncConnection], Awaitable[object]]
QUESTIONS: dict[str, tuple[Question, set[str]]] = {
    "suspect_zones": (
        lambda c: detect.suspect_zones(c, STRETCH, [TODAY], [], longest_tolerance=A_MINUTE),
        ONLY_JANUARY,
    ),
    "contradicted_zones": (lambda c: detect.contradicted_zones(c, STRETCH), NOT_LONG_AGO),
    "of_zones": (lambda c: evidence.of_zones(c, {1: HOUR_AGO}, until=NOW), ONLY_JANUARY),
    "witnesses": (lambda c: evidence.witnesses(c, {1: HOUR_AGO}, until=NOW), ONLY_JANUARY),
    "coverage": (lambda c: coverage.record(c, HERE, (HOUR_AGO, NOW)), ONLY_JANUARY),
    "overview": (
        lambda c: overview.record(c, Scope(is_everywhere=True), now=NOW), NOT_LONG_AGO,
    ),
    "proved": (
        lambda c: overview.proved(c, Scope(is_everywhere=True), ((HOUR_AGO, NOW),)), ONLY_JANUARY,
    ),
}  # fmt: skip


@pytest.fixture
async def years(engine: AsyncEngine) -> AsyncEngine:
    """Months of three years have a part of their own."""
    await register(engine, "CAM-1")
    for days_ago in range(0, 1000, 120):
        await rounds.run(engine, now=NOW - timedelta(days=days_ago))
    return engine


@pytest.mark.parametrize("name", QUESTIONS)
async def test_only_the_months_in_question_are_opened(years: AsyncEngine, name: str) -> None:
    ask, months = QUESTIONS[name]
    opened = await months_opened(years, ask)
    assert opened
    assert opened <= months


async def months_opened(engine: AsyncEngine, ask: Question) -> set[str]:
    """The parts that the plans of what is asked would read."""
    asked: list[tuple[str, Sequence[Any]]] = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(_c: Any, _u: Any, statement: str, values: Sequence[Any], *_: Any) -> None:
        if re.search(r"\bdevice_(day|fault)\b", statement):
            asked.append((statement, values))

    async with unit_of_work(engine) as connection:
        await ask(connection)
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        plans = [
            str(line[0])
            for statement, values in asked
            for line in await driver.fetch(f"EXPLAIN {statement}", *values)
        ]
    return set(
        re.findall(r"device_(?:day|fault)_(\d{4}_\d\d|other|before_\w+)\b", "\n".join(plans))
    )
