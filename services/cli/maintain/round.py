"""One round: the months ahead are made, and what is past its time goes."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.cli.maintain import metrics, purge
from services.cli.maintain.briefly import BusyError, briefly
from services.cli.maintain.purge import Prospect
from shared.db import partitions
from shared.db.session import reading
from shared.domain.retention import BY_MONTH, Dataset, months_to_make
from shared.runtime import logging
from shared.runtime.errors import GiamsatError

log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a round of that day has to do."""

    months: list[tuple[Dataset, date]]
    prospects: list[Prospect]


@dataclass(slots=True)
class Report:
    """What a round did, and what it could not do."""

    made: list[str] = field(default_factory=list)
    crowded: list[str] = field(default_factory=list)
    """Months that stay in `_other`: too much of them is there already."""
    gone: list[tuple[Prospect, int]] = field(default_factory=list)
    held: list[Prospect] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


class UnfinishedError(GiamsatError):
    """Part of a round could not be done; the next one takes it up."""

    def __init__(self, what: list[str]) -> None:
        super().__init__("\n".join(what), retryable=True)


async def look_ahead(engine: AsyncEngine, *, now: datetime) -> Outlook:
    """Changes nothing."""
    async with reading(engine) as connection:
        await partitions.keep_all(connection)
        months = [
            (table, month)
            for table in BY_MONTH
            for month in months_to_make(
                await partitions.of_table(connection, table), today=now.date()
            )
        ]
        prospects = await purge.prospects(connection, today=purge.today_everywhere(now))
    return Outlook(months, prospects)


async def run(engine: AsyncEngine, *, now: datetime) -> Report:
    """What can be done is done, also if something else cannot."""
    outlook = await look_ahead(engine, now=now)
    report = Report()
    for table, month in outlook.months:
        await _make(engine, table, month, report)
    for prospect in outlook.prospects:
        await _purge(engine, prospect, report, now=now)
    if not report.unfinished:
        metrics.DONE.set(now.timestamp())
    return report


async def _make(engine: AsyncEngine, table: Dataset, month: date, report: Report) -> None:
    name = partitions.name_of(table, month)
    try:
        is_made = await briefly(engine, name, partial(_make_one, table=table, month=month))
    except BusyError as busy:
        report.unfinished.append(str(busy))
        return
    (report.made if is_made else report.crowded).append(name)
    if is_made:
        log.info("month_made", part=name)
    else:
        log.warning("month_not_made", part=name, reason="too much of it is in the part for others")


async def _make_one(connection: AsyncConnection, *, table: Dataset, month: date) -> bool:
    """Unless somebody else did in the meantime."""
    await partitions.one_at_a_time(connection)
    there = await partitions.of_table(connection, table)
    if any(part.name == partitions.name_of(table, month) for part in there):
        return True
    return await partitions.make(connection, table, month)


async def _purge(engine: AsyncEngine, prospect: Prospect, report: Report, *, now: datetime) -> None:
    dataset, name = prospect.policy.dataset.value, prospect.part.name
    if prospect.held:
        report.held.append(prospect)
    try:
        rows = await purge.carry_out(engine, prospect, now=now)
    except BusyError as busy:
        report.unfinished.append(str(busy))
        return
    if rows or prospect.goes_whole:
        report.gone.append((prospect, rows))
        metrics.PURGED.labels(dataset).inc(rows)
        log.info("past_its_time_and_gone", dataset=dataset, table=name, rows=rows)
