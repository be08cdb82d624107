"""Writes what the demo's devices told in the past, with the statements that ingest itself uses."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.demo.history import Step, Told, Trouble
from services.cli.demo.province import TIME_ZONE
from services.ingest import queries
from services.ingest.queries import LatestWords, Pieces
from services.ingest.slots import queries as slots
from services.ingest.track import Kind
from shared.domain.schedule import split_by_day
from shared.domain.states import WatchState

SLOT = 0
BOOT = "demo-history"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def begin(connection: AsyncConnection, *, now: datetime) -> None:
    """From now on the platform listens."""
    await slots.take_slot(connection, SLOT, boot=BOOT, now=now)


async def write(
    connection: AsyncConnection, words: Mapping[int, Sequence[Told]], step: Step
) -> None:
    """What each device, by its number, told in this step."""
    columns = _Columns()
    for device_id, told in sorted(words.items()):
        for one in told:
            columns.add(device_id, one)
    if columns.coverage.device_ids:
        await queries.add_coverage(connection, columns.coverage, now=step.at)
    if columns.faults:
        await queries.name_faults(connection, columns.faulty, columns.faults)
    await queries.show_latest(connection, _latest(words, step))
    await slots.advance(connection, SLOT, boot=BOOT, seen_until=step.known_until)


async def was_blind(connection: AsyncConnection, trouble: Trouble) -> None:
    await slots.record_blindness(connection, SLOT, [(trouble.start_at, trouble.end_at)])


def _no_pieces() -> Pieces:
    return Pieces([], [], [], [], [])


@dataclass(slots=True)
class _Columns:
    """What is told, as ingest's statements take it."""

    coverage: Pieces = field(default_factory=_no_pieces)
    faulty: Pieces = field(default_factory=_no_pieces)
    faults: list[str] = field(default_factory=list)

    def add(self, device_id: int, told: Told) -> None:
        for pieces in self._concerned(told):
            for day, start_us, end_us in split_by_day(
                _us(told.start_at), _us(told.end_at), TIME_ZONE
            ):
                pieces.device_ids.append(device_id)
                pieces.days.append(day)
                pieces.kinds.append(_kind(told))
                pieces.starts_us.append(start_us)
                pieces.ends_us.append(end_us)
                if pieces is self.faulty:
                    self.faults.append(told.state)

    def _concerned(self, told: Told) -> Iterator[Pieces]:
        yield self.coverage
        if told.state is not WatchState.OK:
            yield self.faulty


def _kind(told: Told) -> Kind:
    if told.state is not WatchState.OK:
        return Kind.IMPAIRED
    return Kind.LATE if told.is_late else Kind.WATCHED


def _latest(words: Mapping[int, Sequence[Told]], step: Step) -> LatestWords:
    latest = LatestWords([], [], [], [], [])
    for device_id, told in sorted(words.items()):
        if told:
            latest.device_ids.append(device_id)
            latest.ats_us.append(_us(told[-1].end_at))
            latest.received_us.append(_us(step.at))
            latest.states.append(told[-1].state)
            latest.readings.append(json.dumps({}))
    return latest


def _us(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
