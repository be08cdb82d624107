"""What a truth file says, gathered: of each run its devices, its voices, and all messages."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from services.cli.simulate import truth
from services.cli.simulate.outbox import DELIVERED
from services.cli.simulate.truth import Line, Ranges
from shared.domain.states import WatchState

#: What became of a message: each is a bit.
DELIVERED_BY_BROKER: Final = 1
REFUSED: Final = 2
COMMITTED: Final = 4


@dataclass(slots=True)
class Messages:
    """Columns of one voice's messages, in the order in which they were sent."""

    n: "array[int]" = field(default_factory=lambda: array("q"))
    from_us: "array[int]" = field(default_factory=lambda: array("q"))
    at_us: "array[int]" = field(default_factory=lambda: array("q"))
    sent_us: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, n: int, from_us: int | None, at_us: int, sent_us: int) -> None:
        self.n.append(n)
        self.from_us.append(at_us if from_us is None else from_us)
        self.at_us.append(at_us)
        self.sent_us.append(sent_us)


@dataclass(slots=True)
class Voice:
    """A voice and all it said; `errors_us` is how wrong its clock ever was.

    `sent_late_us`: by how much later a message ever left than what it tells.
    """

    on_record: truth.Voice
    sent: Messages = field(default_factory=Messages)
    lost: Messages = field(default_factory=Messages)
    errors_us: tuple[int, int] = (0, 0)
    sent_late_us: int = 0


@dataclass(slots=True)
class Device:
    """A device, its voice, and what it really watched."""

    on_record: truth.Device
    voice: Voice
    watches: list[tuple[int, int, WatchState]] = field(default_factory=list)


class Run:
    """One run of the simulator."""

    def __init__(self, head: truth.Run) -> None:
        self.head = head
        self.devices: dict[int, Device] = {}
        self.voices: dict[int, Voice] = {}
        self._unvoiced: dict[int, truth.Device] = {}
        #: By number of message: its fate; and when it was acknowledged, or 0.
        self.fates = bytearray(1)
        self.acknowledged_us = array("q", [0])
        self.last_us = head.start_us

    def take(self, line: Line) -> None:
        """`again` and `end` change nothing: the first sending counts."""
        if isinstance(line, truth.Sent):  # nearly all are
            self._sent(line)
            return
        match line:
            case truth.Answered() | truth.Acknowledged():
                self._learned(line)
            case truth.Watched():
                self.devices[line.device].watches.append((line.from_us, line.to_us, line.state))
            case truth.Lost():
                self.voices[line.voice].lost.add(line.n, line.from_us, line.at_us, line.at_us)
            case truth.Device():
                self._unvoiced[line.device] = line
            case truth.Voice():
                self._voice(line)

    def _sent(self, line: truth.Sent) -> None:
        voice = self.voices[line.voice]
        voice.sent.add(line.n, line.from_us, line.at_us, line.sent_us)
        voice.sent_late_us = max(voice.sent_late_us, line.sent_us - line.at_us)
        if line.clock_us is not None:
            low, high = voice.errors_us
            voice.errors_us = min(low, line.clock_us[0]), max(high, line.clock_us[1])
        self.last_us = max(self.last_us, line.sent_us)

    def _voice(self, line: truth.Voice) -> None:
        voice = self.voices[line.voice] = Voice(line)
        for number in line.devices:
            self.devices[number] = Device(self._unvoiced.pop(number), voice)

    def _learned(self, line: truth.Answered | truth.Acknowledged) -> None:
        if isinstance(line, truth.Answered):
            self._mark(line.n, DELIVERED_BY_BROKER if line.code == DELIVERED else 0)
            return
        self._mark(line.n, COMMITTED)
        self._mark(tuple((n, n) for n, _ in line.refused), REFUSED)
        for first, last in line.n:
            self.acknowledged_us[first : last + 1] = array("q", [line.at_us]) * (last - first + 1)

    def _mark(self, numbers: Ranges, fate: int) -> None:
        for first, last in numbers:
            if last >= len(self.fates):
                missing = last + 1 - len(self.fates)
                self.fates += bytes(missing)
                self.acknowledged_us.extend(array("q", [0]) * missing)
            for n in range(first, last + 1):
                self.fates[n] |= fate


def gathered(lines: Iterable[Line]) -> list[Run]:
    """The runs of a file, in order."""
    runs: list[Run] = []
    for line in lines:
        if isinstance(line, truth.Run):
            runs.append(Run(line))
        elif not runs:
            raise truth.TruthError("The file does not begin with a run.")
        else:
            runs[-1].take(line)
    return runs
