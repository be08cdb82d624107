"""`giamsat maintain`: one round now, or what it would do, in words."""

from collections.abc import Iterator

from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.maintain import round as rounds
from services.cli.maintain.purge import Prospect
from services.cli.maintain.round import Outlook, Report
from services.cli.owner import MigrateSettings
from shared.db import partitions
from shared.db.session import create_engine
from shared.runtime import clock, logging, settings


async def preview() -> list[str]:
    """What a round would do now. Nothing is changed."""
    engine = _owners_engine()
    try:
        outlook = await rounds.look_ahead(engine, now=clock.now())
    finally:
        await engine.dispose()
    return list(_intended(outlook)) or ["Nothing is to be made, and nothing is past its time."]


async def run() -> list[str]:
    """One round. Raises `UnfinishedError`, with what was done, if something could not be."""
    logging.configure("maintain")
    engine = _owners_engine()
    try:
        report = await rounds.run(engine, now=clock.now())
    finally:
        await engine.dispose()
    lines = list(_done(report))
    if report.unfinished:
        raise rounds.UnfinishedError([*lines, *report.unfinished])
    return lines or ["Nothing was to be made, and nothing was past its time."]


def _owners_engine() -> AsyncEngine:
    return create_engine(settings.load(MigrateSettings).database_url, application="maintain")


def _intended(outlook: Outlook) -> Iterator[str]:
    for table, month in outlook.months:
        yield f"to be made  {partitions.name_of(table, month)}"
    for prospect in outlook.prospects:
        if prospect.goes_whole or prospect.rows:
            yield f"would go    {_named(prospect, prospect.rows)}"
        if prospect.held:
            yield f"on hold     {_named(prospect, prospect.held)}"


def _done(report: Report) -> Iterator[str]:
    yield from (f"made        {name}" for name in report.made)
    yield from (f"not made    {name}: too much of it lies in _other" for name in report.crowded)
    yield from (f"gone        {_named(prospect, rows)}" for prospect, rows in report.gone)
    yield from (f"on hold     {_named(prospect, prospect.held)}" for prospect in report.held)


def _named(prospect: Prospect, rows: int) -> str:
    whole = ", as a whole" if prospect.goes_whole else ""
    return f"{prospect.part.name} before {prospect.before}: {rows:,} rows{whole}"
