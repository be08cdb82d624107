"""What kinds of devices there are on the market: how often they speak, and whether when asked."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain.heartbeat import tolerance_s
from shared.domain.places import DeviceKind

#: A sensor that sleeps for more than a day is no watch, whatever it says afterwards.
LONGEST_INTERVAL_S: Final = 90_000.0


class Listening(StrEnum):
    """Active: it answers when asked, or speaks by the clock. Passive: it sleeps until it stirs."""

    ACTIVE = "active"
    PASSIVE = "passive"


class Power(StrEnum):
    """What it lives on."""

    MAINS = "mains"
    BATTERY = "battery"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a device speaks: what it is registered with. No tolerance: the usual one."""

    interval_s: float
    tolerance_s: float | None = None
    listening: Listening = Listening.ACTIVE

    @property
    def longest_silence_s(self) -> float:
        """So long it may be silent though nothing is wrong."""
        return self.interval_s + tolerance_s(self.interval_s, self.tolerance_s)


@dataclass(frozen=True, slots=True)
class Profile:
    """One version of a type of device; what was registered with it keeps its own copy."""

    code: str
    version: int
    name: str
    kind: DeviceKind
    rhythm: Rhythm
    power: Power
    source: str
