"""`giamsat verify-coverage`: reads the truth, waits for the platform, compares, and reports."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from rich.console import RenderableType
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli import first_run
from services.cli.simulate import truth
from services.cli.simulate.place import database_url
from services.cli.simulate.verify import compare, demand, ledger, queries, report
from services.cli.simulate.verify.compare import Record, Us, Verdict
from services.cli.simulate.verify.demand import Demand
from services.cli.simulate.verify.ledger import Run
from services.cli.simulate.verify.promise import Promise
from services.cli.simulate.verify.queries import Piece
from shared.db.session import reading
from shared.domain.heartbeat import SECOND_US, default_length_us
from shared.domain.intervals import normal
from shared.domain.states import WatchState

Name = tuple[str, str]
EVER: Final[Us] = ((0, 1 << 62),)
#: A device registered so shortly before the first run has no other coverage than that of the file.
FRESH_US: Final = 900 * SECOND_US
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FAULT: Final = "fault:"


async def verify(
    file: Path, data: Path | None, *, promise: Promise, wait_s: float
) -> tuple[bool, list[RenderableType]]:
    """Whether everything is as it must be, and the report."""
    runs = await asyncio.to_thread(lambda: ledger.gathered(truth.read(file)))
    if not runs:
        raise truth.TruthError(f"{file} is empty.")
    engine = first_run.owners_engine(await database_url(data))
    try:
        await _seen_to(engine, max(run.last_us for run in runs), wait_s=wait_s)
        async with reading(engine) as connection:
            pieces = await queries.pieces(connection, _facilities(runs))
    finally:
        await engine.dispose()
    verdicts = await asyncio.to_thread(judged, runs, pieces, promise)
    window_s = -(-(max(run.last_us for run in runs) - runs[0].head.start_us) // SECOND_US)
    lines = list(report.report(verdicts, window_s=window_s))
    return all(verdict.is_good for verdict in verdicts), lines


def judged(runs: Sequence[Run], pieces: Iterable[Piece], promise: Promise) -> list[Verdict]:
    """Every device of the file, against what is on record."""
    demands: dict[Name, list[Demand]] = defaultdict(list)
    windows: dict[Name, Us] = {}
    for run in runs:
        for device, needed in demand.of_run(run, promise):
            name = (device.on_record.facility, device.on_record.code)
            demands[name].append(needed)
            windows.setdefault(name, _window(run, device))
    records = recorded(pieces)
    return [
        compare.verdict(
            *name, compare.united(needed), records.get(name, compare.NOTHING), windows[name]
        )
        for name, needed in demands.items()
    ]


def recorded(pieces: Iterable[Piece]) -> dict[Name, Record]:
    """The rows of the database by device; local days put together again."""
    spans: dict[Name, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for piece in pieces:
        kinds = spans[piece.facility, piece.device]
        kinds[piece.kind].append((piece.start_us, piece.end_us))
    return {name: _record(kinds) for name, kinds in spans.items()}


def _record(kinds: dict[str, list[tuple[int, int]]]) -> Record:
    whole = {kind: normal(spans) for kind, spans in kinds.items()}
    return Record(
        watched=whole.get("watched", ()),
        late=whole.get("late", ()),
        impaired=whole.get("impaired", ()),
        proven=whole.get("proven", ()),
        faults={
            WatchState(kind.removeprefix(_FAULT)): spans
            for kind, spans in whole.items()
            if kind.startswith(_FAULT)
        },
    )


def _window(run: Run, device: ledger.Device) -> Us:
    """All time, if nothing but this file can have told of the device; else from the run on."""
    on_record, start_us = device.on_record, run.head.start_us
    if on_record.registered_us >= start_us - FRESH_US:
        return EVER
    return ((start_us - default_length_us(on_record.interval_s), EVER[0][1]),)


def _facilities(runs: Sequence[Run]) -> list[str]:
    found = {device.on_record.facility for run in runs for device in run.devices.values()}
    return sorted(found)


async def _seen_to(engine: AsyncEngine, last_us: int, *, wait_s: float) -> None:
    """The platform may still have messages under way: wait until it has seen past the last one."""
    last_at = _EPOCH + timedelta(microseconds=last_us)
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + wait_s
    while loop.time() < give_up_at:
        async with reading(engine) as connection:
            seen_until = await queries.seen_until(connection)
        if seen_until is None or seen_until > last_at:
            return
        await asyncio.sleep(0.2)
