"""The states a watch, a second of coverage, a gap and an incident can be in."""

from enum import StrEnum
from typing import Final


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
    """What is known of one second. Zones are never `impaired`, devices never `not_required`."""

    COVERED = "covered"
    IMPAIRED = "impaired"
    GAP = "gap"
    UNKNOWN = "unknown"
    #: Nothing had to be watched then: neither good nor bad, whoever watched.
    NOT_REQUIRED = "not_required"


class Quality(StrEnum):
    """How good the evidence is, best first.

    Proven: signed by the device's own key with a nonce of ours just issued. Live: attested by an
    authenticated client in time. Late: attested after the lateness limit.
    """

    PROVEN = "proven"
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
    #: Everything that speaks through one gateway stopped with it, others of the facility did not.
    GATEWAY_SILENT = "gateway_silent"
    #: A whole facility, and something told of its line or of its mains before.
    FACILITY_LINK = "facility_link"
    FACILITY_POWER = "facility_power"
    #: Many facilities of one unit at once; theirs are its children.
    AREA_OUTAGE = "area_outage"
    #: Nobody came by where somebody must.
    ROUND_MISSED = "round_missed"
    #: A message reached nobody.
    DELIVERY_FAILED = "delivery_failed"


#: A whole facility, whatever is known of why.
WHOLE_FACILITY: Final = frozenset(
    {Cause.FACILITY_SILENT, Cause.FACILITY_LINK, Cause.FACILITY_POWER}
)
#: What is about ourselves: our administrators' and nobody else's.
OUR_OWN: Final = frozenset({Cause.PLATFORM_BLIND, Cause.DELIVERY_FAILED})


class Severity(StrEnum):
    """How bad an incident is; the worst last."""

    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


class Refusal(StrEnum):
    """Why a message went to quarantine instead of being credited."""

    UNREADABLE = "unreadable"
    OVERSIZED = "oversized"
    WRONG_TOPIC = "wrong_topic"
    UNKNOWN_DEVICE = "unknown_device"
    RETIRED_DEVICE = "retired_device"
    UNAPPROVED_CAMERA = "unapproved_camera"
    RETAINED = "retained"
    FUTURE = "future"
    TOO_OLD = "too_old"
    BEFORE_REGISTRATION = "before_registration"
    EMPTY = "empty"
    CLOCK_BEHIND = "clock_behind"
    NOT_A_GATEWAY = "not_a_gateway"
    SPOOFED = "spoofed"
    UNSIGNED = "unsigned"
    WRONG_SIGNATURE = "wrong_signature"
    CLONE = "clone"
    ROLLBACK = "rollback"
    THROTTLED = "throttled"
    UNMAPPED = "unmapped"
    UNEXPECTED = "unexpected"


#: Refusals that somebody must look into: they are raised as security events (FAULTS F65-F69).
SECURITY: Final = frozenset(
    {
        Refusal.SPOOFED,
        Refusal.NOT_A_GATEWAY,
        Refusal.UNSIGNED,
        Refusal.WRONG_SIGNATURE,
        Refusal.CLONE,
        Refusal.ROLLBACK,
    }
)


class ClockState(StrEnum):
    """What is known of a device's clock. Stepped: it jumped; drifting: it runs too fast or slow."""

    RIGHT = "right"
    AHEAD = "ahead"
    BEHIND = "behind"
    STEPPED = "stepped"
    DRIFTING = "drifting"


class Hint(StrEnum):
    """Why a device may be silent, as told by itself or its hub. Never evidence."""

    OFFLINE = "offline"
    STOPPED = "stopped"
    BRIDGE_OFFLINE = "bridge_offline"
    RECORDING_OFF = "recording_off"
    STORAGE_FAILURE = "storage_failure"
    POWER_FAILURE = "power_failure"
    LINK_LOST = "link_lost"
    MESSAGES_MISSED = "messages_missed"
