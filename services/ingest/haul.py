"""What one device adds in one flush: taken from its track, and given back to it when committed."""

from dataclasses import dataclass
from typing import Any

from services.ingest.notes import rows
from services.ingest.track import Latest, Piece, Run, Track
from shared.domain.states import WatchState

Row = dict[str, Any]


@dataclass(slots=True)
class Haul:
    """Spans in microseconds; rows of what else is noted of the device."""

    track: Track
    watched: list[Piece]
    late: list[Piece]
    proven: list[Piece]
    faults: dict[WatchState, list[Piece]]
    latest: Latest | None
    identity: Row | None = None
    clock: Row | None = None
    conditions: tuple[Row, ...] = ()

    @classmethod
    def take(cls, track: Track) -> "Haul":
        haul = cls(
            track,
            _taken(track.watched),
            track.late,
            _taken(track.proven) if track.proven else [],
            {state: _taken(run) for state, run in (track.faults or {}).items() if run.pending},
            track.latest if track.must_show else None,
        )
        track.late = []
        track.is_waiting = track.must_show = False
        if track.has_news:
            haul._take_news()
        return haul

    def commit(self) -> None:
        """The database has it: do not send it again."""
        self.track.watched.learn(sorted(self.late + self.watched))
        if self.latest is not None and self.track.latest is self.latest:
            self.track.latest = self.latest.shown()
        if self.track.proven is not None:
            self.track.proven.learn(sorted(self.proven))
        for state, pieces in self.faults.items():
            if self.track.faults is not None:
                self.track.faults[state].learn(sorted(pieces))

    def _take_news(self) -> None:
        track = self.track
        track.has_news = False
        if track.identity is not None:
            self.identity = rows.of_identity(track.device_id, track.identity)
        if track.clock is not None and track.clock.samples:
            self.clock = rows.of_clock(track.device_id, track.clock)
        self.conditions = tuple(rows.of_conditions(track.device_id, rows.untold(track)))


def _taken(run: Run) -> list[Piece]:
    pieces, run.pending = run.pending, []
    return pieces
