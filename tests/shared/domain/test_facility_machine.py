"""The incidents of a facility, however its rooms fall silent, come back and are taken up."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.domain import causes
from shared.domain.causes import Finding
from shared.domain.incidents import HOLD, TOGETHER, Lapse, Witness
from shared.domain.states import Cause
from shared.domain.widening import Part, whole_of

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
#: All happens in steps of so many seconds; a hole of up to the tolerance is none.
STEP, TOLERANCE, PATIENCE = 10, 60, 12
#: By room, through which gateway its one device speaks.
ROOMS: tuple[int | None, ...] = (7, 7, None, None)
WITHIN = TOGETHER.total_seconds() + PATIENCE
a_room = st.integers(0, len(ROOMS) - 1)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@dataclass
class Gap:
    room: int
    start: int
    end: int | None = None
    incident: int | None = None


@dataclass
class Incident:
    """As the shells keep it."""

    finding: Finding
    opened: int
    told: int | None = None
    taken_up: int | None = None
    into: int | None = None
    is_open: bool = True
    #: Of each time it became wider: when the last of it had fallen silent.
    widened: list[int] = field(default_factory=list)


class OneFacility(RuleBasedStateMachine):
    """Everything is known at once; every step is judged and grouped."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.heard: list[list[tuple[int, int]]] = [[] for _ in ROOMS]
        self.is_up = [True] * len(ROOMS)
        self.gaps: list[Gap] = []
        self.incidents: list[Incident] = []
        self.time_passes(steps=6)

    # What happens.

    @rule(steps=st.integers(1, 15))
    def time_passes(self, steps: int) -> None:
        for _ in range(steps):
            since, self.now = self.now, self.now + STEP
            for room, is_up in enumerate(self.is_up):
                if is_up:
                    self.hear(room, since)
            self.tick()

    def hear(self, room: int, since: int) -> None:
        spans = self.heard[room]
        if spans and spans[-1][1] == since:
            since = spans.pop()[0]
        spans.append((since, self.now))

    @rule(room=a_room, steps=st.integers(1, 4))
    def a_room_falls_silent(self, room: int, steps: int) -> None:
        self.is_up[room] = False
        self.time_passes(steps)

    @rule(room=a_room, steps=st.integers(1, 4))
    def a_room_comes_back(self, room: int, steps: int) -> None:
        self.is_up[room] = True
        self.time_passes(steps)

    @rule(order=st.permutations(range(len(ROOMS))), pause=st.integers(0, 5))
    def all_fall_silent(self, order: list[int], pause: int) -> None:
        for room in order:
            self.is_up[room] = False
            self.time_passes(pause)

    @precondition(lambda self: any(one.is_open for one in self.incidents))
    @rule(which=st.integers(0, 3))
    def somebody_takes_one_up(self, which: int) -> None:
        opens = [one for one in self.incidents if one.is_open]
        one = opens[which % len(opens)]
        one.taken_up = one.taken_up or self.now

    # What the core makes of it, applied as the shells apply it.

    def tick(self) -> None:
        for gap in self.gaps:
            if gap.end is None and self.is_up[gap.room]:
                gap.end = self.now
        lasting = {gap.room for gap in self.gaps if gap.end is None}
        for room, spans in enumerate(self.heard):
            last = spans[-1][1]
            if room not in lasting and self.now - last > TOLERANCE:
                self.gaps.append(Gap(room, last))
        self.group()
        for number, one in enumerate(self.incidents):
            own = [gap for gap in self.gaps if gap.incident == number and gap.end is None]
            one.is_open = one.is_open and bool(own)
            if one.is_open and self.now - one.opened >= HOLD.total_seconds():
                one.told = one.told or self.now

    def group(self) -> None:
        fresh = [n for n, gap in enumerate(self.gaps) if gap.incident is None]
        if not fresh:
            return
        lasting = [n for n, gap in enumerate(self.gaps) if gap.end is None]
        pieces = causes.pieces({n: self.lapse(n) for n in lasting}, self.witnesses())
        wider = {
            part.id: whole for part in self.parts() if (whole := whole_of(part, pieces, fresh))
        }
        self.become(wider)
        for number in fresh:
            found = causes.cause_of(self.lapse(number), self.witnesses())
            piece = pieces[number].whole if number in pieces else found
            self.put(number, piece if causes.is_wider(found, piece) else found)

    def parts(self) -> list[Part]:
        return [
            Part(
                number,
                one.finding,
                [n for n, g in enumerate(self.gaps) if g.incident == number and g.end is None],
                was_told=one.told is not None,
                acknowledged_at=None if one.taken_up is None else at(one.taken_up),
            )
            for number, one in enumerate(self.incidents)
            if one.is_open
        ]

    def become(self, wider: dict[int, Finding]) -> None:
        parts = {part.id: part for part in self.parts()}
        homes = {part.finding.kin: part.id for part in parts.values() if part.id not in wider}
        for number in sorted(wider, key=lambda number: parts[number].rank):
            home = homes.setdefault(wider[number].kin, number)
            if home == number:
                self.incidents[number].finding = wider[number]
                self.incidents[number].widened.append(self.fell(wider[number]))
                continue
            self.incidents[number] = replace(self.incidents[number], is_open=False, into=home)
            for gap in self.gaps:
                gap.incident = home if gap.incident == number else gap.incident

    def put(self, number: int, finding: Finding) -> None:
        home = next(
            (n for n, i in enumerate(self.incidents) if i.is_open and i.finding.kin == finding.kin),
            None,
        )
        if home is None:
            home = len(self.incidents)
            self.incidents.append(Incident(finding, self.now))
        self.gaps[number].incident = home

    def lapse(self, number: int) -> Lapse:
        gap = self.gaps[number]
        end = self.now if gap.end is None else gap.end
        return Lapse(gap.room, at(gap.start), at(end), is_ongoing=gap.end is None)

    def witnesses(self) -> list[Witness]:
        patience = timedelta(seconds=PATIENCE)
        return [
            Witness(
                room, patience, at(-9999), tuple((at(a), at(b)) for a, b in self.heard[room]),
                gateway_id=gateway,
            )
            for room, gateway in enumerate(ROOMS)
        ]  # fmt: skip

    # What must be so, by the rooms alone.

    def lasting(self) -> list[Gap]:
        return [gap for gap in self.gaps if gap.end is None]

    def fell_as_one(self, rooms: list[int]) -> bool:
        """All of them are known to be unwatched, and each fell within a minute of another."""
        if not set(rooms) <= {gap.room for gap in self.lasting()}:
            return False
        falls = sorted(self.heard[room][-1][1] for room in rooms)
        return all(later - sooner <= WITHIN for sooner, later in pairwise(falls))

    def fell(self, whole: Finding) -> int:
        """When the last of it was heard for the last time."""
        of_it = [room for room, via in enumerate(ROOMS) if whole.gateway_id in {None, via}]
        return max(self.heard[room][-1][1] for room in of_it)

    def is_in_hand(self) -> bool:
        return any(one.is_open and one.taken_up is not None for one in self.incidents)

    @invariant()
    def every_gap_that_lasts_is_in_one_open_incident(self) -> None:
        homes = [gap.incident for gap in self.lasting()]
        assert all(home is not None and self.incidents[home].is_open for home in homes)

    @invariant()
    def no_two_open_incidents_are_of_one_kind(self) -> None:
        kinds = [one.finding.kin for one in self.incidents if one.is_open]
        assert len(set(kinds)) == len(kinds)

    @invariant()
    def a_facility_that_fell_silent_piece_by_piece_is_one_incident(self) -> None:
        if self.fell_as_one([0, 1, 2, 3]) and not self.is_in_hand():
            (one,) = [one for one in self.incidents if one.is_open]
            assert one.finding == Finding(Cause.FACILITY_SILENT)

    @invariant()
    def a_gateway_that_fell_silent_piece_by_piece_is_one_incident(self) -> None:
        """Unless others were dark with it: then it was more, or began with something else."""
        fell = min((gap.start for gap in self.lasting()), default=0)
        others = [g for g in self.gaps if g.room in {2, 3} and (g.end is None or g.end > fell)]
        if self.fell_as_one([0, 1]) and not others and not self.is_in_hand():
            (one,) = [one for one in self.incidents if one.is_open]
            assert one.finding.cause is not Cause.DEVICE_SILENT

    @invariant()
    def nothing_falls_silent_under_a_hand_that_did_not_know_of_it(self) -> None:
        """What was taken up becomes wider only by what had fallen silent before that."""
        for one in self.incidents:
            if one.taken_up is not None:
                assert all(fell <= one.taken_up for fell in one.widened)

    @invariant()
    def what_was_taken_in_left_nothing_behind(self) -> None:
        for number, one in enumerate(self.incidents):
            if one.into is not None:
                assert not one.is_open
                assert all(gap.incident != number for gap in self.gaps)
                assert one.finding.kin != self.incidents[one.into].finding.kin

    @invariant()
    def an_hour_apart_is_never_one(self) -> None:
        """What is the whole facility began within the longest fall there is."""
        for number, one in enumerate(self.incidents):
            if one.is_open and one.widened and one.finding.cause is Cause.FACILITY_SILENT:
                starts = [g.start for g in self.lasting() if g.incident == number]
                assert max(one.widened) - min(starts) <= len(ROOMS) * WITHIN


TestOneFacility = OneFacility.TestCase
TestOneFacility.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
