"""Reads a scenario: who is there, what happens when, and what must follow.

    == A camera stops, and watches again
    world     A: living(c1) yard(c2 c3, min=2)
              B: living(c1)
    10:00     A/c1 off
    16:00     A/c1 on
    30:00     end
    incident  A device_silent 10:00-16:00 resolved
    message   11:20 alert manager.A

Times count from the beginning, as minutes:seconds or hours:minutes:seconds. A name stands for a
facility, `A/c1` for one of its devices, `*` for all there is. Everything expected is expected
exactly: what is not written must not happen.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final


class UnreadableError(Exception):
    """A line is none of the language."""


@dataclass(frozen=True)
class Zone:
    """A room with its devices and what is required of them."""

    code: str
    devices: tuple[str, ...]
    min_devices: int = 1
    max_gap_s: float = 60
    kind: str = "play_room"
    gateway: str | None = None
    device_kind: str = "camera"


@dataclass(frozen=True)
class Facility:
    """A facility of the scenario; its name is its code."""

    code: str
    commune: str
    zones: tuple[Zone, ...]


@dataclass(frozen=True)
class Step:
    """Something that happens."""

    at_s: float
    what: tuple[str, ...]


@dataclass
class Scenario:
    """One story."""

    title: str
    facilities: list[Facility] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    saw: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)

    @property
    def end_s(self) -> float:
        return self.steps[-1].at_s


_TIME: Final = re.compile(r"(?:(\d+):)?(\d+):(\d\d)")
_FACILITY: Final = re.compile(r"(\w+)(?: in (\w+))?: (.+)")
_ZONE: Final = re.compile(r"(\w+)\(([^)]*)\)")


def seconds(word: str) -> float:
    found = _TIME.fullmatch(word)
    if found is None:
        raise UnreadableError(f"{word!r} is no time")
    hours, minutes, rest = found.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(rest)


def clock(at_s: float) -> str:
    """As scenarios write it: hours only where there are any."""
    minutes, rest = divmod(round(at_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def read_all(folder: Path) -> list[Scenario]:
    return [one for file in sorted(folder.glob("*.txt")) for one in read(file.read_text())]


def read(text: str) -> Iterator[Scenario]:
    for part in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        yield _scenario(title.strip(), rest.splitlines())


def _scenario(title: str, lines: Iterable[str]) -> Scenario:
    made = Scenario(title)
    last = ""
    for line in lines:
        bare = line.split("#")[0].rstrip()
        if not bare:
            continue
        key, _, rest = bare.partition(" ")
        last = key or last
        try:
            _take(made, last, " ".join(rest.split()))
        except UnreadableError as exc:
            raise UnreadableError(f"{title}: {line.strip()!r}: {exc}") from None
    if not made.steps or made.steps[-1].what != ("end",):
        raise UnreadableError(f"{title}: it has no end")
    return made


def _take(made: Scenario, key: str, rest: str) -> None:
    match key:
        case "world":
            made.facilities.append(_facility(rest))
        case "incident":
            made.incidents.append(rest)
        case "message":
            made.messages.append(rest)
        case "saw" | "never":
            (made.saw if key == "saw" else made.never).extend(rest.split())
        case _:
            made.steps.append(Step(seconds(key), tuple(rest.split())))


def _facility(text: str) -> Facility:
    found = _FACILITY.fullmatch(text)
    if found is None:
        raise UnreadableError("a facility is 'A: room(device …) …' or 'A in Commune: …'")
    code, commune, rest = found.groups()
    return Facility(code, commune or "BaGia", tuple(_zone(*one) for one in _ZONE.findall(rest)))


def _zone(code: str, inside: str) -> Zone:
    devices, _, options = inside.partition(",")
    given = dict(option.strip().split("=") for option in options.split(",") if option.strip())
    zone = Zone(
        code,
        tuple(devices.split()),
        min_devices=int(given.pop("min", 1)),
        max_gap_s=float(given.pop("max", 60)),
        kind=given.pop("kind", "play_room"),
        gateway=given.pop("via", None),
        device_kind=given.pop("of", "camera"),
    )
    if given:
        raise UnreadableError(f"a room has no {', '.join(given)}")
    return zone
