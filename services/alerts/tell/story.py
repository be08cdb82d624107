"""What a message has to tell: facts only, no words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.alerts.devices.culprits import Culprit
from shared.domain.access import Role
from shared.domain.escalation import Planned, Recipient
from shared.domain.states import Cause, GapState, Severity


@dataclass(frozen=True, slots=True)
class GapLine:
    """One gap: where, from when to when; while it lasts, also whose silence or fault it is."""

    zone: str
    start_at: datetime
    end_at: datetime | None
    state: GapState
    culprits: tuple[Culprit, ...] = ()
    has_devices: bool = True
    #: It is over because it had to be watched no longer, not because it is watched.
    is_no_longer_required: bool = False


@dataclass(frozen=True, slots=True)
class PartLine:
    """One facility of an outage: where, from when to when."""

    facility: str
    commune: str
    start_at: datetime
    end_at: datetime | None
    state: GapState


@dataclass(frozen=True, slots=True)
class Story:
    """An incident as it stands now."""

    incident_id: int
    facility_id: int | None
    cause: Cause
    since_at: datetime
    resolved_at: datetime | None
    facility: str
    commune: str | None
    time_zone: str
    gaps: tuple[GapLine, ...]
    told: tuple[Recipient, ...]
    now: datetime
    severity: Severity = Severity.WARNING
    unstable_since: datetime | None = None
    #: How long after it could have been known it was, if that was long.
    late_by: timedelta | None = None
    gateway: str | None = None
    #: The facilities of an area's outage.
    parts: tuple[PartLine, ...] = ()
    #: Of one message: who was told before its reader and did not get it.
    undelivered_to: tuple[Role, ...] = ()
    #: Of one message: who is told next if nobody acts, and when.
    next_told: Planned | None = None

    @property
    def is_all_repaired(self) -> bool:
        states = [gap.state for gap in self.gaps] + [part.state for part in self.parts]
        return bool(states) and all(state is GapState.REPAIRED for state in states)

    @property
    def is_no_longer_required(self) -> bool:
        """Over without being watched again: nowhere is it required any more."""
        return bool(self._last) and all(gap.is_no_longer_required for gap in self._last)

    @property
    def is_partly_not_required(self) -> bool:
        return any(gap.is_no_longer_required for gap in self._last)

    @property
    def _last(self) -> tuple[GapLine, ...]:
        """Of each zone the last gap that was one."""
        lines = {gap.zone: gap for gap in self.gaps if gap.state is not GapState.REPAIRED}
        return tuple(lines.values())

    @property
    def zones(self) -> tuple[str, ...]:
        """Where it happened, each place once."""
        return tuple(dict.fromkeys(gap.zone for gap in self.gaps))
