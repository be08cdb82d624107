"""What is on record about one facility in a window, as the queries bring it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.coverage import Evidence, Lifetime, Moments
from shared.domain.gaps import Requirement
from shared.domain.placements import Placement, attested_in
from shared.domain.places import DeviceKind


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone and what was required there, piece by piece; and since when anything was on record."""

    id: int
    code: str
    requirements: Sequence[Requirement]
    on_record: Moments


@dataclass(frozen=True, slots=True)
class Device:
    """A device and when it was on record."""

    id: int
    code: str
    #: Where it stood when, in order of time; nowhere, if it watches no zone.
    placements: Sequence[Placement]
    kind: str
    lifetime: Lifetime

    @property
    def is_gateway(self) -> bool:
        return self.kind == DeviceKind.GATEWAY


@dataclass(frozen=True, slots=True)
class Exempt:
    """When approved maintenance held: for a zone, a device, or, with neither, for all.

    A correction excuses what was over when it was approved: nobody knew of it at the time.
    """

    zone: str | None
    device: str | None
    spans: Moments
    approval: int = 0
    decided_at: datetime | None = None
    is_correction: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that the coverage of a window is made from."""

    zones: Sequence[Zone]
    devices: Sequence[Device]
    evidence: Mapping[int, Evidence]
    seen_until: datetime | None
    blind: Moments
    exempt: Sequence[Exempt] = ()

    def witnesses(self, zone_id: int) -> dict[int, Evidence]:
        """By device, what it attested of a zone while it stood there."""
        return {
            device.id: attested
            for device in self.devices
            if device.id in self.evidence
            and (attested := attested_in(zone_id, self.evidence[device.id], device.placements))
        }

    def uncorrected(self) -> "Record":
        """With nothing excused but what was excused in time."""
        return replace(self, exempt=[one for one in self.exempt if not one.is_correction])
