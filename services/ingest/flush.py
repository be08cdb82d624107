"""One flush: everything received since the last one, in one transaction."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest import queries
from services.ingest.acks import Acks
from services.ingest.discoveries import queries as discoveries
from services.ingest.discoveries.reports import Report
from services.ingest.haul import Haul
from services.ingest.notes import queries as notes
from services.ingest.notes import rows
from services.ingest.notes.rows import instant
from services.ingest.notes.security import SecurityEvent
from services.ingest.post import Receipt
from services.ingest.quarantine import queries as quarantine
from services.ingest.quarantine.entries import Entry
from services.ingest.quarantine.replay import Replay
from services.ingest.queries import LatestWords, Pieces
from services.ingest.rounds import queries as rounds
from services.ingest.rounds.intake import Visits
from services.ingest.slots import queries as slots
from services.ingest.track import Kind, Track
from shared.domain.schedule import split_by_day
from shared.runtime.errors import GiamsatError


class SlotLostError(GiamsatError):
    """Another worker stands in our slot: we were taken for dead. Whatever we hold is its by now."""

    def __init__(self, slot: int) -> None:
        super().__init__(f"slot {slot} was taken over by another worker", retryable=False)
        self.slot = slot


@dataclass(slots=True)
class Batch:
    """Everything of one flush. Writing it twice is the same as writing it once."""

    hauls: list[Haul]
    entries: list[Entry]
    receipts: list[Receipt]
    security: list[SecurityEvent] = field(default_factory=list)
    acks: Acks = field(default_factory=Acks)
    replay: Replay | None = None
    visits: Visits | None = None
    reports: list[Report] = field(default_factory=list)
    messages: int = 0

    def without_words(self) -> "Batch":
        """Only what is numbers: coverage and watermark. Nothing of it can be refused as a value."""
        hauls = [
            replace(haul, latest=None, identity=None, clock=None, conditions=())
            for haul in self.hauls
        ]
        return replace(self, hauls=hauls, entries=[], security=[], reports=[])


async def write(connection: AsyncConnection, batch: Batch, *, boot: str, now: datetime) -> None:
    """Everything of the batch, in the transaction at hand. Raises SlotLostError."""
    coverage, faulty, faults = _columns(batch.hauls)
    if coverage.device_ids:
        await queries.add_coverage(connection, coverage, now=now)
    if faults:
        await queries.name_faults(connection, faulty, faults)
    words = _latest_words(batch.hauls)
    if words.device_ids:
        await queries.show_latest(connection, words)
    await _write_notes(connection, batch, now)
    if batch.reports:
        await discoveries.replace(connection, batch.reports)
    if batch.entries:
        await _write_quarantine(connection, batch.entries)
    await _settle_asked(connection, batch, now)
    for receipt in sorted(batch.receipts, key=lambda receipt: receipt.post.slot):
        await _write_sight(connection, receipt, boot)


async def _settle_asked(connection: AsyncConnection, batch: Batch, now: datetime) -> None:
    """What people put on record for us: replays, and who came by on a round."""
    if batch.replay is not None:
        await quarantine.settle_replay(
            connection, batch.replay.asked, batch.replay.message_ids, now=now
        )
    if batch.visits is not None and batch.visits.settled_to is not None:
        await rounds.settle(connection, batch.visits.settled_to)


async def _write_sight(connection: AsyncConnection, receipt: Receipt, boot: str) -> None:
    slot, sight = receipt.post.slot, receipt.sight
    if sight.blind_us:
        blind = [(instant(start), instant(end)) for start, end in sight.blind_us]
        await slots.record_blindness(connection, slot, blind)
    seen_until = instant(sight.seen_until_us)
    if not await slots.advance(connection, slot, boot=boot, seen_until=seen_until):
        raise SlotLostError(slot)


async def _write_notes(connection: AsyncConnection, batch: Batch, now: datetime) -> None:
    hauls = sorted(
        (haul for haul in batch.hauls if haul.identity or haul.clock or haul.conditions),
        key=lambda haul: haul.track.device_id,
    )
    identities = [haul.identity for haul in hauls if haul.identity]
    clocks = [haul.clock for haul in hauls if haul.clock]
    conditions = [row for haul in hauls for row in haul.conditions]
    if identities:
        await notes.note_identities(connection, identities)
    if clocks:
        await notes.note_clocks(connection, clocks)
    if conditions:
        await notes.note_conditions(connection, conditions, now=now)
    if batch.security:
        await notes.count_security_events(connection, rows.of_security(batch.security))


async def _write_quarantine(connection: AsyncConnection, entries: list[Entry]) -> None:
    ids = await quarantine.count_refused(connection, _entry_columns(entries))
    kept = [
        (ids[entry.topic, entry.reason.value], instant(received_us), payload)
        for entry in entries
        for received_us, payload in entry.kept
    ]
    if kept:
        await quarantine.keep_messages(connection, kept)


def _entry_columns(entries: list[Entry]) -> dict[str, list[Any]]:
    senders = [entry.sender or (None, None) for entry in entries]
    return {
        "reasons": [entry.reason.value for entry in entries],
        "topics": [entry.topic for entry in entries],
        "facilities": [facility for facility, _ in senders],
        "devices": [device for _, device in senders],
        "samples": [entry.sample for entry in entries],
        "counts": [entry.count for entry in entries],
        "firsts": [instant(entry.first_us) for entry in entries],
        "lasts": [instant(entry.last_us) for entry in entries],
    }


def _columns(hauls: list[Haul]) -> tuple[Pieces, Pieces, list[str]]:
    coverage, faulty = _no_pieces(), _no_pieces()
    faults: list[str] = []
    for haul in hauls:
        for kind, pieces in (
            (Kind.WATCHED, haul.watched),
            (Kind.LATE, haul.late),
            (Kind.PROVEN, haul.proven),
        ):
            for start, end in pieces:
                _add(coverage, haul.track, kind, start, end)
        for state, pieces in haul.faults.items():
            for start, end in pieces:
                _add(coverage, haul.track, Kind.IMPAIRED, start, end)
                added = _add(faulty, haul.track, Kind.IMPAIRED, start, end)
                faults.extend([state.value] * added)
    return coverage, faulty, faults


def _no_pieces() -> Pieces:
    return Pieces([], [], [], [], [])


def _add(pieces: Pieces, track: Track, kind: Kind, start: int, end: int) -> int:
    """Append one piece, by local days; returns how many rows that made."""
    parts = split_by_day(start, end, track.site.time_zone)
    for day, part_start, part_end in parts:
        pieces.device_ids.append(track.device_id)
        pieces.days.append(day)
        pieces.kinds.append(kind)
        pieces.starts_us.append(part_start)
        pieces.ends_us.append(part_end)
    return len(parts)


def _latest_words(hauls: list[Haul]) -> LatestWords:
    words = LatestWords([], [], [], [], [])
    for haul in sorted(hauls, key=lambda haul: haul.track.device_id):
        if haul.latest is not None:
            words.device_ids.append(haul.track.device_id)
            words.ats_us.append(haul.latest.at_us)
            words.received_us.append(haul.latest.received_us)
            words.states.append(haul.latest.state.value)
            words.readings.append(msgspec.json.encode(haul.latest.readings).decode())
    return words
