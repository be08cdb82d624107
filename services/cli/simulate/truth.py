"""The truth file: what was really watched, and what was said of it. One JSON object a line.

A line is written before the message goes out, so whatever any system knows of is in the file.
All instants are microseconds since the Unix epoch, and intervals half-open. `docs/simulate.md`
describes the lines for readers in other languages.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from shared.domain.states import WatchState
from shared.runtime.errors import GiamsatError

#: Changes with the meaning of the lines.
VERSION: Final = 1
#: Closed ranges [first, last], ascending.
Ranges: TypeAlias = tuple[tuple[int, int], ...]


class _Line(msgspec.Struct, frozen=True, tag_field="kind", omit_defaults=True, gc=False):
    """One line; what it is stands in `kind`."""


class Run(_Line, frozen=True, tag="run"):
    """A run begins; whatever follows is of this run, until the next one."""

    name: str
    start_us: int
    end_us: int
    options: dict[str, Any]
    version: int = VERSION


class Device(_Line, frozen=True, tag="device"):
    """A device on record, by its number in this run."""

    device: int
    facility: str
    code: str
    interval_s: float
    registered_us: int
    is_signing: bool = False


class Voice(_Line, frozen=True, tag="voice"):
    """Who speaks of which devices. A cumulative voice says `since`; another only that they watch.

    What a voice says that is timed on arrival is true when it arrives, whatever time it is told.
    """

    voice: int
    facility: str
    speaker: str
    dialect: str
    devices: tuple[int, ...]
    is_cumulative: bool
    is_timed_on_arrival: bool = False


class Watched(_Line, frozen=True, tag="watched"):
    """What a device really watched, or will have watched if the run goes on to its end."""

    device: int
    from_us: int
    to_us: int
    state: WatchState = WatchState.OK


class Sent(_Line, frozen=True, tag="sent"):
    """A message, number `n` of the run.

    From a cumulative voice it tells every watch that ended after `from_us` and began before
    `at_us`, from its beginning until `at_us`; from another, that the devices watched at `at_us`.
    `clock_us`: by how much its instants are wrong, the lowest and the highest.
    """

    n: int
    voice: int
    topic: str
    seq: tuple[int, int]
    at_us: int
    sent_us: int
    from_us: int | None = None
    clock_us: tuple[int, int] | None = None


class Lost(_Line, frozen=True, tag="lost"):
    """A message that was meant to be lost on its way: it was never handed to the broker."""

    n: int
    voice: int
    at_us: int
    from_us: int | None = None


class Again(_Line, frozen=True, tag="again"):
    """These messages were sent once more, unchanged."""

    n: Ranges
    sent_us: int


class Answered(_Line, frozen=True, tag="answered"):
    """The broker's answer to these messages: 0 is delivered, 16 that nobody listens."""

    n: Ranges
    code: int
    at_us: int


class Acknowledged(_Line, frozen=True, tag="acknowledged"):
    """The platform says that it has all of these; entries of the refused it did not credit."""

    n: Ranges
    at_us: int
    refused: tuple[tuple[int, str], ...] = ()


class End(_Line, frozen=True, tag="end"):
    """The run ended in order; without this line it was cut off."""

    at_us: int
    sent: int
    delivered: int
    acknowledged: int


Line: TypeAlias = (
    Run | Device | Voice | Watched | Sent | Lost | Again | Answered | Acknowledged | End
)

encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


class TruthError(GiamsatError):
    """The file is not a truth file of this version."""


def encoded(lines: Iterable[Line]) -> bytes:
    return b"".join(encode(line) + b"\n" for line in lines)


def read(path: Path) -> Iterator[Line]:
    """Line by line; a last line that a crash has torn is left out."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if not raw.endswith(b"\n"):
                return
            try:
                line = _decode(raw)
            except msgspec.MsgspecError as fault:
                raise TruthError(f"{path}, line {number}: {fault}") from fault
            if isinstance(line, Run) and line.version != VERSION:
                raise TruthError(f"{path}: version {line.version}; this program reads {VERSION}.")
            yield line
