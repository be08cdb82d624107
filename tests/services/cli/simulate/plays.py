"""Small runs of the simulator that need no broker: what was planned, written down and sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from random import Random

from hypothesis import strategies as st

from services.cli.simulate import cast, truth
from services.cli.simulate.desk import Desk
from services.cli.simulate.dialects import ENCODERS
from services.cli.simulate.dialects.base import Moment
from services.cli.simulate.options import DialectName, Options, Trouble
from services.cli.simulate.place import Place
from services.cli.simulate.plan import Begun, Step, plan
from services.cli.simulate.run import Manner, Run, taking_part
from services.cli.simulate.speech import Send
from services.cli.simulate.verify import ledger
from shared.domain.heartbeat import SECOND_US

#: When every play begins, so that instants are as they are in earnest.
START_US = 1_800_000_000 * SECOND_US
TROUBLES = st.builds(Trouble, st.sampled_from([0, 0.1, 0.4]), st.floats(0.2, 10))
ALL_DIALECTS = dict.fromkeys(DialectName, 1.0)
OUR_OWN = st.sampled_from([dict.fromkeys(cast.OUR_OWN, 1.0)])
SHARES = st.sampled_from([0, 0.1, 0.5])


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - no secret


def options(**fixed: st.SearchStrategy[object]) -> st.SearchStrategy[Options]:
    """Whatever can be asked for, in small."""
    drawn: dict[str, st.SearchStrategy[object]] = {
        "seed": st.integers(0, 1_000),
        "facilities": st.integers(1, 3),
        "devices": st.integers(1, 4),
        "interval_s": st.floats(0.5, 10),
        "seconds": st.floats(1, 60),
        "dialects": st.sampled_from([*({name: 1.0} for name in DialectName), ALL_DIALECTS]),
        "plain": st.sampled_from([0, 0.5, 1]),
        "jitter": SHARES,
        "off": TROUBLES,
        "cut": TROUBLES,
        "faulty": TROUBLES,
        "lost": SHARES,
        "duplicated": SHARES,
        "disordered": SHARES,
    }
    return st.builds(Options, **(drawn | fixed))


def planned(asked: Options) -> list[Step]:
    return list(plan(cast.facilities(asked, name="T"), asked))


def sends(steps: Sequence[Step]) -> list[Send]:
    return [step for step in steps if isinstance(step, Send)]


@dataclass
class Ear:
    """In place of a connection: it hears everything, and there is always room."""

    room: int = 1 << 30
    promised: int = 0
    heard: list[tuple[int, str, bytes]] = field(default_factory=list)

    def publish(self, n: int, messages: Sequence[tuple[str, bytes]]) -> None:
        self.heard.append((n, *messages[-1]))


@dataclass
class Play:
    """One run: every line of the truth file, every message as it left, and when."""

    options: Options
    #: By how much later everything leaves than it is due.
    delay_s: float = 0
    lines: list[truth.Line] = field(default_factory=list)
    ear: Ear = field(default_factory=Ear)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        moment = Moment(START_US, START_US, lambda *_: "")
        self.desk = Desk(
            self.lines.extend, ENCODERS, moment, clock_us=lambda: START_US, wants_acks=False
        )

    def perform(self) -> "Play":
        """Everything leaves in the moment it is due, or by so much later."""
        run = a_run(self.options)
        self.desk.seat([self.ear], [[facility.code for facility in run.cast]])  # type: ignore[list-item]  # an ear is enough
        end_us = START_US + self.options.end_us
        self.lines += [truth.Run("T", START_US, end_us, {}), *taking_part(run)]
        for due_us, steps in _by_due(planned(self.options)):
            self.desk.post(steps, START_US + due_us + round(self.delay_s * SECOND_US))
        return self

    def answer(self, numbers: Sequence[int], code: int = 0) -> "Play":
        for n in numbers:
            self.desk.on_answer(n, code)
        self.desk.tend(START_US)
        return self

    def gathered(self) -> ledger.Run:
        [run] = ledger.gathered(self.lines)
        return run


def a_run(asked: Options) -> Run:
    facilities = list(cast.facilities(asked, name="T"))
    registered = {
        (device.facility, device.code): datetime.fromtimestamp(START_US / 1e6, UTC)
        for facility in facilities
        for device in facility.devices
    }
    return Run("T", asked, Manner(), facilities, registered, Place("", "", 0))


def _by_due(steps: Sequence[Step]) -> Iterator[tuple[int, list[Step]]]:
    """A watch that begins is written down with the message that comes next."""
    due_us = 0
    marked = []
    for step in steps:
        due_us = due_us if isinstance(step, Begun) else step.due_us
        marked.append((due_us, step))
    for due_us, group in groupby(marked, key=lambda pair: pair[0]):
        yield due_us, [step for _, step in group]
