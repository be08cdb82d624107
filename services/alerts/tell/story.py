"""What a message has to tell: facts only, no words."""

from dataclasses import dataclass
from datetime import datetime

from services.alerts.devices.culprits import Culprit
from shared.domain.escalation import Recipient
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

    @property
    def is_all_repaired(self) -> bool:
        return bool(self.gaps) and all(gap.state is GapState.REPAIRED for gap in self.gaps)

    @property
    def zones(self) -> tuple[str, ...]:
        """Where it happened, each place once."""
        return tuple(dict.fromkeys(gap.zone for gap in self.gaps))
