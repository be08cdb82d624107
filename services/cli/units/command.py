"""`giamsat units import`: brings in units and authorities, or says what would be brought in."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access_log import queries as access_log
from services.api.access_log.queries import Trail
from services.api.units.importing import bringing_in
from services.api.units.importing.bringing_in import Outcome
from services.cli import first_run
from services.cli.simulate.place import database_url
from shared.data.units import shipped
from shared.db.session import SYSTEM, reading, unit_of_work
from shared.domain.access import Scope
from shared.domain.deeds import Deed, Subject, Verb
from shared.runtime import clock
from shared.runtime.errors import GiamsatError

complaints = Console(highlight=False, stderr=True)
app = typer.Typer(no_args_is_help=True, help="Administrative units and authorities.")
_EVERYWHERE = Scope(is_everywhere=True)
_TRAIL = Trail(SYSTEM.actor, "", "giamsat units import", "")


@app.callback()
def units() -> None:
    """Administrative units and authorities."""


Files = Annotated[
    list[Path] | None, typer.Argument(help="CSV; the first line tells which sheet it is.")
]
Shipped = Annotated[bool, typer.Option("--shipped", help="What we ship: Kon Tum and Quảng Ngãi.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="The folder of a running giamsat; else MIGRATE_DATABASE_URL."),
]


@app.command("import")
def bring_in(
    files: Files = None,
    with_shipped: Shipped = False,
    dry_run: DryRun = False,
    data: Data = None,
) -> None:
    """Bring in sheets of units, successions, authorities, competences and assignments.

    All of them or, if anything is wrong, none. Doing it again changes nothing.
    """
    try:
        texts = (shipped() if with_shipped else {}) | {str(f): f.read_text() for f in files or ()}
        outcome = asyncio.run(_run(texts, data, is_trial=dry_run))
    except (GiamsatError, OSError, UnicodeDecodeError) as fault:
        complaints.print(str(fault), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from fault
    _show(outcome)
    if not texts:
        complaints.print("Nothing was named: give files, or --shipped.", style="red")
    raise typer.Exit(1 if outcome.faults or not texts else 0)


async def _run(texts: Mapping[str, str], data: Path | None, *, is_trial: bool) -> Outcome:
    engine = first_run.owners_engine(await database_url(data))
    try:
        if is_trial:
            async with reading(engine) as connection:
                return await bringing_in.try_out(connection, texts, _EVERYWHERE, now=clock.now())
        async with unit_of_work(engine, SYSTEM) as connection:
            return await _write(connection, texts)
    finally:
        await engine.dispose()


async def _write(connection: AsyncConnection, texts: Mapping[str, str]) -> Outcome:
    """With its line in the access log."""
    now = clock.now()
    outcome = await bringing_in.bring_in(connection, texts, _EVERYWHERE, by=SYSTEM.actor, now=now)
    counts: dict[str, object] = {c.kind: c.added + c.changed for c in outcome.counts}
    counts["faults"] = len(outcome.faults)
    deed = Deed(Verb.CREATE, Subject.IMPORT, "units", detail=counts)
    await access_log.add(connection, _TRAIL, deed, now=now)
    return outcome


def _show(outcome: Outcome) -> None:
    for one in outcome.counts:
        print(f"{one.kind}: {one.added} new, {one.changed} changed, {one.unchanged} as they were")
    for fault in outcome.faults:
        column = f" {fault.column}" if fault.column else ""
        complaints.print(
            f"{fault.at.file}:{fault.at.line}{column}: {fault.wrong} {fault.advice}",
            markup=False,
            soft_wrap=True,
        )
