"""Who is simulated: facilities, their devices, and the voices in which these are spoken of.

A voice is what sends messages of its own: a gateway for all its devices, or a device for itself.
Everything about a facility depends on the seed and its own number only, so a larger run has the
smaller one in it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from services.cli.simulate.clocks import RIGHT, Clock, drawn
from services.cli.simulate.options import DialectName, Options

PREFIX: Final = "SIM-"
GATEWAY: Final = "gw"
#: With `since`, numbers and signatures.
OUR_OWN: Final = (DialectName.GATEWAY, DialectName.HEARTBEAT)
#: One message for all devices behind a hub.
JOINT: Final = (DialectName.GATEWAY, DialectName.FRIGATE)
#: Every device has a connection of its own.
WITHOUT_HUB: Final = (DialectName.HEARTBEAT, DialectName.ONVIF)
#: What it says is true when it arrives: it tells no time.
TIMED_ON_ARRIVAL: Final = (DialectName.TASMOTA,)


@dataclass(frozen=True, slots=True)
class Device:
    """One device, by its number in the run."""

    number: int
    facility: str
    code: str
    is_signing: bool = False

    @property
    def is_gateway(self) -> bool:
        return self.code == GATEWAY


@dataclass(frozen=True, slots=True)
class Voice:
    """Who says something, of whom, and how."""

    number: int
    facility: str
    speaker: str
    dialect: DialectName
    devices: tuple[Device, ...]
    clock: Clock
    #: With `since`: each message repairs what was lost before.
    is_cumulative: bool

    @property
    def is_own(self) -> bool:
        """A device that speaks for itself says nothing while it is off, and forgets by it."""
        return self.dialect not in JOINT

    @property
    def is_numbered(self) -> bool:
        """What is numbered is acknowledged, and can be signed."""
        return self.is_cumulative and self.dialect in OUR_OWN

    @property
    def is_timed_on_arrival(self) -> bool:
        return self.dialect in TIMED_ON_ARRIVAL

    def boot(self, run_us: int, start: int) -> str:
        """The name of one start of it, which no other has in any run."""
        return f"sim-{run_us // 1000:x}-{self.number}-{start}"


@dataclass(frozen=True, slots=True)
class Facility:
    """One facility and all that is in it."""

    code: str
    dialect: DialectName
    devices: tuple[Device, ...]
    voices: tuple[Voice, ...]


def facilities(options: Options, *, name: str) -> Iterator[Facility]:
    """All of them, numbered through."""
    devices = voices = 0
    for number in range(options.facilities):
        casting = _Casting(options, f"{PREFIX}{name}-{number:04}", number)
        facility = casting.cast(first_device=devices, first_voice=voices)
        devices += len(facility.devices)
        voices += len(facility.voices)
        yield facility


class _Casting:
    """Draws one facility."""

    def __init__(self, options: Options, code: str, number: int) -> None:
        self._options = options
        self._code = code
        self._random = Random(f"{options.seed}/facility/{number}")  # noqa: S311 - no secret

    def cast(self, *, first_device: int, first_voice: int) -> Facility:
        dialect = _chosen(self._random, self._options.dialects)
        codes = [f"d{number:02}" for number in range(1, self._options.devices + 1)]
        if dialect not in WITHOUT_HUB:
            codes.insert(0, GATEWAY)
        devices = tuple(
            Device(first_device + place, self._code, code, is_signing=self._signs(dialect))
            for place, code in enumerate(codes)
        )
        # A hub of another make is on record to publish; of itself it says nothing.
        spoken = devices if dialect in OUR_OWN else [d for d in devices if not d.is_gateway]
        together = [tuple(spoken)] if dialect in JOINT else [(device,) for device in spoken]
        voices = tuple(
            self._voice(first_voice + place, dialect, group) for place, group in enumerate(together)
        )
        return Facility(self._code, dialect, devices, voices)

    def _voice(self, number: int, dialect: DialectName, devices: tuple[Device, ...]) -> Voice:
        is_plain = self._random.random() < self._options.plain
        return Voice(
            number=number,
            facility=self._code,
            speaker=devices[0].code if dialect in WITHOUT_HUB else GATEWAY,
            dialect=dialect,
            devices=devices,
            clock=RIGHT if dialect in TIMED_ON_ARRIVAL else self._clock(),
            is_cumulative=dialect in OUR_OWN and not is_plain,
        )

    def _clock(self) -> Clock:
        options = self._options
        return drawn(
            self._random,
            share=options.wrong_clocks,
            error_s=options.clock_error_s,
            run_us=options.end_us,
        )

    def _signs(self, dialect: DialectName) -> bool:
        return self._random.random() < self._options.signed and dialect in OUR_OWN


def _chosen(random: Random, weights: Mapping[DialectName, float]) -> DialectName:
    return random.choices(list(weights), list(weights.values()))[0]


def signing_seed(seed: int, device: Device) -> bytes:
    """The 32 secret bytes of a device that signs; no secret to anybody who knows the seed."""
    return hashlib.sha256(f"{seed}/{device.facility}/{device.code}".encode()).digest()
