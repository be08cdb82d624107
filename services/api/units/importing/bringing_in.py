"""Brings sheets in: all of them, or, if anything is wrong with them, none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.units.importing import queries, sheets
from services.api.units.importing.draft import Draft
from services.api.units.importing.plan import planned
from services.api.units.importing.rows import RowFault, SheetKind
from services.api.units.order.queries import take_turn
from shared.domain.access import Scope
from shared.domain.schedule import COUNTRY_TIME_ZONE, local_day


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows of a sheet are new, change something, or are on record as they stand."""

    kind: SheetKind
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or would do; nothing at all if it has faults."""

    counts: Sequence[Counted]
    faults: Sequence[RowFault]


async def try_out(
    connection: AsyncConnection, files: Mapping[str, str], scope: Scope, *, now: datetime
) -> Outcome:
    """Only say what would be."""
    return _outcome(await _draft(connection, files, scope, now=now))


async def bring_in(
    connection: AsyncConnection,
    files: Mapping[str, str],
    scope: Scope,
    *,
    by: str,
    now: datetime,
) -> Outcome:
    """`by`: user:7, or system."""
    await take_turn(connection)
    draft = await _draft(connection, files, scope, now=now)
    if not draft.faults:
        await queries.write(connection, draft, by=by, now=now)
    return _outcome(draft)


async def _draft(
    connection: AsyncConnection, files: Mapping[str, str], scope: Scope, *, now: datetime
) -> Draft:
    given = sheets.read(files)
    known = await queries.known(connection, {row.facility for row in given.assignments})
    return planned(known, given, scope, today=local_day(now, COUNTRY_TIME_ZONE))


def _outcome(draft: Draft) -> Outcome:
    counts = []
    for kind, entries in draft.entries.items():
        added = sum(entry.was is None for entry in entries)
        changed = sum(entry.was is not None and bool(entry.changes) for entry in entries)
        if entries:
            counts.append(Counted(kind, added, changed, len(entries) - added - changed))
    return Outcome(counts, sorted(draft.faults, key=lambda one: (one.at.file, one.at.line)))
