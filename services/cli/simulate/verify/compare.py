"""What must and may be on record of a device against what is: lost, invented, mistaken.

All spans are exact, to the microsecond; figures are whole seconds, and a second of which a single
microsecond is wrong counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.cli.simulate.verify.demand import Demand, Reason
from shared.domain.heartbeat import SECOND_US
from shared.domain.intervals import Spans, intersect, normal, subtract, union
from shared.domain.states import WatchState

Us = Spans[int]


@dataclass(frozen=True, slots=True)
class Record:
    """What the database says of one device."""

    watched: Us = ()
    late: Us = ()
    impaired: Us = ()
    proven: Us = ()
    faults: Mapping[WatchState, Us] = field(default_factory=dict)

    @property
    def covered(self) -> Us:
        return subtract(union(self.watched, self.late), self.impaired)


NOTHING: Final = Record()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one device."""

    facility: str
    device: str
    lost: Us
    invented: Us
    #: A fault that is missing, that never was, or that has another's name.
    mistaken: Us
    #: Late called live, live called late, proven that could not be.
    misjudged: Us
    #: Covered, though not really watched, and rightly so by the rules.
    surplus: Us
    excused: Mapping[Reason, Us]

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.invented or self.mistaken or self.misjudged)


def verdict(facility: str, device: str, demand: Demand, record: Record, window: Us) -> Verdict:
    """`window` is the time that is looked at: what lies before may be another run's."""
    faults = [state for state in demand.may if state is not WatchState.OK]
    may_fail = union(*(demand.may[state] for state in faults))
    must_watch, may_watch = _of(demand.must, WatchState.OK), _of(demand.may, WatchState.OK)
    covered = intersect(record.covered, window)
    real = _of(demand.real, WatchState.OK)
    return Verdict(
        facility,
        device,
        # Time told as good and as bad is bad.
        lost=subtract(subtract(must_watch, may_fail), record.covered),
        invented=subtract(covered, may_watch),
        mistaken=intersect(_mistaken(demand, record), window),
        misjudged=_misjudged(demand, record, window),
        surplus=subtract(intersect(covered, may_watch), real),
        excused=demand.excused,
    )


def _mistaken(demand: Demand, record: Record) -> Us:
    states = (demand.may.keys() | record.faults.keys()) - {WatchState.OK}
    wrong: list[Us] = []
    for state in states:
        told = _of(record.faults, state)
        wrong += [subtract(_of(demand.must, state), told), subtract(told, _of(demand.may, state))]
    unnamed = subtract(record.impaired, union(*record.faults.values()))
    unheeded = subtract(union(*record.faults.values()), record.impaired)
    return union(*wrong, unnamed, unheeded)


def _misjudged(demand: Demand, record: Record, window: Us) -> Us:
    late = subtract(record.late, record.watched)
    return intersect(
        union(
            intersect(record.watched, demand.late),
            intersect(late, demand.live),
            subtract(record.proven, demand.may_be_proven),
        ),
        window,
    )


def _of(spans: Mapping[WatchState, Us], state: WatchState) -> Us:
    return spans.get(state, ())


def seconds(spans: Us) -> int:
    """How many whole seconds have any part in it."""
    widened = normal((start // SECOND_US, -(-end // SECOND_US)) for start, end in spans)
    return sum(end - start for start, end in widened)


def united(demands: list[Demand]) -> Demand:
    """The same device in several runs."""
    if len(demands) == 1:
        return demands[0]
    states = {state for demand in demands for state in demand.real}
    return Demand(
        real={s: union(*(_of(d.real, s) for d in demands)) for s in states},
        must={s: union(*(_of(d.must, s) for d in demands)) for s in states},
        may={s: union(*(_of(d.may, s) for d in demands)) for s in states},
        live=union(*(d.live for d in demands)),
        late=union(*(d.late for d in demands)),
        may_be_proven=union(*(d.may_be_proven for d in demands)),
        excused={r: union(*(d.excused.get(r, ()) for d in demands)) for r in Reason},
    )
