"""The states a watch, a second of coverage, a gap and an incident can be in."""

from enum import StrEnum


class WatchState(StrEnum):
    """What a device says of its own watch; camera faults in the ONVIF meaning."""

    OK = "ok"
    SIGNAL_LOSS = "signal_loss"
    DARK = "dark"
    BRIGHT = "bright"
    BLURRY = "blurry"
    COVERED = "covered"
    MOVED = "moved"
    FROZEN = "frozen"
    NOISY = "noisy"


class SecondState(StrEnum):
    """What is known of one second; zones are never `impaired`."""

    COVERED = "covered"
    IMPAIRED = "impaired"
    GAP = "gap"
    UNKNOWN = "unknown"


class Quality(StrEnum):
    """When the evidence arrived: in time, or after the lateness limit."""

    LIVE = "live"
    LATE = "late"


class GapState(StrEnum):
    """
    open ──watch resumed──▶ closed
      └──late evidence──▶ repaired ◀──late evidence── closed
    """

    OPEN = "open"
    CLOSED = "closed"
    REPAIRED = "repaired"


class IncidentState(StrEnum):
    """open ──all gaps closed or repaired──▶ resolved."""

    OPEN = "open"
    RESOLVED = "resolved"


class Cause(StrEnum):
    """What the gaps of one incident share."""

    FACILITY_SILENT = "facility_silent"
    DEVICE_SILENT = "device_silent"
    PICTURE = "picture"
    PLATFORM_BLIND = "platform_blind"


class Refusal(StrEnum):
    """Why a message went to quarantine instead of being credited."""

    UNREADABLE = "unreadable"
    OVERSIZED = "oversized"
    WRONG_TOPIC = "wrong_topic"
    UNKNOWN_DEVICE = "unknown_device"
    RETIRED_DEVICE = "retired_device"
    RETAINED = "retained"
    FUTURE = "future"
    TOO_OLD = "too_old"
    BEFORE_REGISTRATION = "before_registration"
    EMPTY = "empty"
    UNSUPPORTED = "unsupported"
