"""Coverage as JSON. Structs, not models: a month of forty devices is thousands of spans."""

from datetime import datetime

import msgspec

from shared.domain.states import Quality, SecondState, WatchState

_BOUNDS = {"start": "from", "end": "to"}


class SpanOut(msgspec.Struct, frozen=True, omit_defaults=True, rename=_BOUNDS):
    """Time of one state, on whole seconds; `quality` only where covered, `excused` only where a
    gap lies in approved maintenance, `corrected` where it was excused only afterwards."""

    start: datetime
    end: datetime
    state: SecondState
    quality: Quality | None = None
    fault: WatchState | None = None
    excused: bool = False
    corrected: bool = False


class ZoneSecondsOut(msgspec.Struct, frozen=True):
    """They add up to the window."""

    covered: int
    gap: int
    unknown: int
    not_required: int


class DeviceSecondsOut(msgspec.Struct, frozen=True):
    """They add up to the window."""

    covered: int
    impaired: int
    gap: int
    unknown: int


class QualitySecondsOut(msgspec.Struct, frozen=True):
    """How good the evidence of covered time is: they add up to `seconds.covered`.

    Proven: signed by the device's own key, and just now. Live: told in time. Late: told afterwards.
    """

    proven: int
    live: int
    late: int


class ZoneCoverageOut(msgspec.Struct, frozen=True):
    """A hole that is tolerated counts as covered, live. One proven device proves the zone.

    `excused_seconds` are those of `seconds.gap` in approved maintenance: never covered. Of these,
    `corrected_seconds` were excused only afterwards: nobody knew of it at the time.
    """

    zone: str
    spans: list[SpanOut]
    seconds: ZoneSecondsOut
    quality_seconds: QualitySecondsOut
    excused_seconds: int
    corrected_seconds: int


class DeviceCoverageOut(msgspec.Struct, frozen=True):
    """What one device attested, and when it should have."""

    device: str
    spans: list[SpanOut]
    seconds: DeviceSecondsOut
    quality_seconds: QualitySecondsOut
    excused_seconds: int
    corrected_seconds: int


class CorrectionOut(msgspec.Struct, frozen=True, rename=_BOUNDS):
    """What was excused when it was over; who asked, who approved it and why is in the approval."""

    approval: int
    zone: str | None
    device: str | None
    start: datetime
    end: datetime
    approved_at: datetime | None


class CoverageOut(msgspec.Struct, frozen=True, rename=_BOUNDS):
    """Every second of the window; nothing after `as_known_at` is known yet.

    `corrections` are those in the window, as far as they were approved when the answer holds.
    """

    facility: str
    start: datetime
    end: datetime
    as_known_at: datetime | None
    zones: list[ZoneCoverageOut]
    devices: list[DeviceCoverageOut]
    corrections: list[CorrectionOut]
