"""One flush: everything received since the last one, in one transaction."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest import queries
from services.ingest.canary import Sight
from services.ingest.quarantine import Entry
from services.ingest.queries import LatestWords, Pieces
from services.ingest.track import Kind, Latest, Piece, Track
from shared.domain.schedule import split_by_day
from shared.domain.states import WatchState
from shared.runtime.mqtt_session import MqttSession

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


@dataclass(slots=True)
class Haul:
    """What one device adds; taken from its track, and given back to it when committed."""

    track: Track
    watched: list[Piece]
    late: list[Piece]
    faults: dict[WatchState, list[Piece]]
    latest: Latest | None

    @classmethod
    def take(cls, track: Track) -> "Haul":
        haul = cls(
            track,
            track.watched.pending,
            track.late,
            {state: run.pending for state, run in track.faults.items() if run.pending},
            track.latest if track.must_show else None,
        )
        track.watched.pending, track.late = [], []
        track.is_waiting = track.must_show = False
        for state in haul.faults:
            track.faults[state].pending = []
        return haul

    def commit(self) -> None:
        """The database has it: do not send it again."""
        self.track.watched.learn(sorted(self.late + self.watched))
        for state, pieces in self.faults.items():
            self.track.faults[state].learn(sorted(pieces))


@dataclass(slots=True)
class Batch:
    """Everything of one flush. Writing it twice is the same as writing it once."""

    hauls: list[Haul]
    entries: list[Entry]
    sight: Sight
    session: MqttSession | None = None
    packet_ids: list[int] = field(default_factory=list)
    messages: int = 0

    def without_words(self) -> "Batch":
        """Only what is numbers: coverage and watermark. Nothing of it can be refused as a value."""
        hauls = [replace(haul, latest=None) for haul in self.hauls]
        return replace(self, hauls=hauls, entries=[])


async def write(connection: AsyncConnection, batch: Batch, *, slot: int, now: datetime) -> None:
    """Everything of the batch, in the transaction at hand."""
    coverage, faulty, faults = _columns(batch.hauls)
    if coverage.device_ids:
        await queries.add_coverage(connection, coverage, now=now)
    if faults:
        await queries.name_faults(connection, faulty, faults)
    words = _latest_words(batch.hauls)
    if words.device_ids:
        await queries.show_latest(connection, words)
    if batch.entries:
        await queries.count_refused(connection, [_row(entry) for entry in batch.entries])
    if batch.sight.blind_us:
        blind = [(instant(start), instant(end)) for start, end in batch.sight.blind_us]
        await queries.record_blindness(connection, slot, blind)
    await queries.advance_worker(
        connection, slot, seen_until=instant(batch.sight.seen_until_us), now=now
    )


def _columns(hauls: list[Haul]) -> tuple[Pieces, Pieces, list[str]]:
    coverage, faulty = _no_pieces(), _no_pieces()
    faults: list[str] = []
    for haul in hauls:
        for start, end in haul.watched:
            _add(coverage, haul.track, Kind.WATCHED, start, end)
        for start, end in haul.late:
            _add(coverage, haul.track, Kind.LATE, start, end)
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
    parts = split_by_day(start, end, track.time_zone)
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


def _row(entry: Entry) -> dict[str, object]:
    address = entry.address
    return {
        "reason": entry.reason.value,
        "topic": entry.topic,
        "facility": address.facility if address else None,
        "device": address.device if address else None,
        "sample": entry.sample,
        "count": entry.count,
        "first_at": instant(entry.first_us),
        "last_at": instant(entry.last_us),
    }
