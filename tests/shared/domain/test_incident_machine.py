"""A zone's incident, whatever happens in whatever order, against a model that counts seconds."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.domain import escalation, flapping, severity
from shared.domain.access import Role
from shared.domain.coverage import Evidence
from shared.domain.escalation import Planned, Reached, Recipient, Rung, Standing, Tell
from shared.domain.gaps import Moved, Opened, Repaired, Requirement, StoredGap, reconcile
from shared.domain.incidents import HOLD
from shared.domain.intervals import normal
from shared.domain.judgement import Stretch, untolerated
from shared.domain.severity import Plight
from shared.domain.states import Cause, GapState, Severity

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
#: All happens in steps of so many seconds; a hole of up to the tolerance is none.
STEP, TOLERANCE = 5, 20
RUNGS = (
    Rung(1, Role.FACILITY_MANAGER, timedelta(seconds=0)),
    Rung(2, Role.COMMUNE_CPO, timedelta(seconds=60)),
    Rung(3, Role.DEPT_OFFICER, timedelta(seconds=180)),
)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seconds_of(moment: datetime) -> int:
    return round((moment - NOON).total_seconds())


@dataclass
class Incident:
    """As the shells keep it: what the decisions of the core are applied to."""

    opened_at: int
    counts_from: datetime
    lasting_since: int | None
    steps: int = 0
    acknowledged_at: int | None = None
    snoozed_until: datetime | None = None
    unstable_since: int | None = None
    severity: Severity = Severity.NOTICE
    ended_at: int | None = None
    told: list[tuple[int, int]] = field(default_factory=list)


class OneZone(RuleBasedStateMachine):
    """Evidence comes in time, late or never; people act; every step is judged at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.watched: set[int] = set()
        self.gaps: list[StoredGap] = []
        self.incidents: list[Incident] = []
        self.muted_until = 0

    @property
    def open(self) -> Incident | None:
        return next((i for i in self.incidents if i.ended_at is None), None)

    # What happens.

    @rule(steps=st.integers(1, 12), is_up=st.booleans())
    def time_passes(self, *, steps: int, is_up: bool) -> None:
        for _ in range(steps):
            if is_up:
                self.watched.add(self.now)
            self.now += STEP
            self.tick()

    @rule(times=st.integers(2, 4))
    def it_comes_and_goes(self, times: int) -> None:
        for _ in range(times):
            self.time_passes(steps=6, is_up=False)
            self.time_passes(steps=1, is_up=True)

    @rule(minutes=st.integers(1, 12), is_up=st.booleans())
    def minutes_pass(self, *, minutes: int, is_up: bool) -> None:
        self.time_passes(steps=12 * minutes, is_up=is_up)

    @rule(back=st.integers(1, 100), steps=st.integers(1, 60))
    def late_evidence_comes(self, back: int, steps: int) -> None:
        start = max(0, self.now - back * STEP)
        self.watched |= {s for s in range(start, start + steps * STEP, STEP) if s < self.now}
        self.tick()

    @precondition(lambda self: self.open is not None)
    @rule()
    def somebody_takes_it_up(self) -> None:
        assert self.open is not None
        self.open.acknowledged_at = self.open.acknowledged_at or self.now
        self.tick()

    @precondition(lambda self: self.open is not None)
    @rule(minutes=st.integers(1, 10))
    def somebody_puts_it_off(self, minutes: int) -> None:
        one, until = self.open, at(self.now + 60 * minutes)
        assert one is not None
        if until > (one.snoozed_until or at(0)):
            one.counts_from = escalation.put_off(
                one.counts_from, one.snoozed_until, acted_at=at(self.now), until=until
            )
            one.snoozed_until = until

    @rule(minutes=st.integers(1, 10))
    def it_is_muted(self, minutes: int) -> None:
        self.muted_until = max(self.muted_until, self.now + 60 * minutes)

    # What the core makes of it, applied as the shells apply it.

    def tick(self) -> None:
        changed = self._judge()
        self._group(is_new=changed)
        self._calm()
        self._rate()
        self._climb()
        one = self.open
        if one is not None and one.lasting_since is None and one.unstable_since is None:
            one.ended_at = self.now

    def _judge(self) -> bool:
        found = untolerated(
            [Requirement(1, timedelta(seconds=TOLERANCE), NOON)],
            [Evidence(normal((at(s), at(s + STEP)) for s in self.watched))],
            blind=(),
            stretch=Stretch(NOON, at(self.now)),
        )
        live = [gap for gap in self.gaps if gap.state is not GapState.REPAIRED]
        is_new = False
        for change in reconcile(live, found):
            match change:
                case Opened(start_at, end_at):
                    state = GapState.CLOSED if end_at else GapState.OPEN
                    self.gaps.append(StoredGap(len(self.gaps), start_at, end_at, state))
                    is_new = True
                case Moved(gap, start_at, end_at):
                    state = GapState.CLOSED if end_at else GapState.OPEN
                    self.gaps[gap.id] = StoredGap(gap.id, start_at, end_at, state)
                case Repaired(gap):
                    self.gaps[gap.id] = StoredGap(
                        gap.id, gap.start_at, gap.end_at or at(self.now), GapState.REPAIRED
                    )
        return is_new

    def _group(self, *, is_new: bool) -> None:
        lasts = any(gap.state is GapState.OPEN for gap in self.gaps)
        if is_new and self.open is None:
            self.incidents.append(Incident(self.now, at(self.now), None))
        if (one := self.open) is not None:
            one.lasting_since = (one.lasting_since or self.now) if lasts else None

    def _calm(self) -> None:
        changes = [
            moment
            for gap in self.gaps
            if gap.state is not GapState.REPAIRED
            for moment in (gap.start_at, gap.end_at)
            if moment is not None
        ]
        if (one := self.open) is None:
            return
        if one.unstable_since is not None and flapping.is_steady(changes, until=at(self.now)):
            one.unstable_since = None
        elif one.unstable_since is None and flapping.is_flapping(changes, until=at(self.now)):
            one.unstable_since = self.now

    def _rate(self) -> None:
        if (one := self.open) is not None:
            plight = Plight(Cause.DEVICE_SILENT, at(one.opened_at))
            one.severity = severity.worse(
                one.severity, severity.severity_of(plight, now=at(self.now))
            )

    def _climb(self) -> None:
        one = self.open
        if one is None or self.now < self.muted_until:
            return
        if one.unstable_since is None and (
            one.lasting_since is None or self.now - one.lasting_since < HOLD.total_seconds()
        ):
            return
        decisions = escalation.climb(
            Standing(
                one.counts_from,
                one.steps,
                is_acknowledged=one.acknowledged_at is not None,
                was_told=bool(one.told),
                snoozed_until=one.snoozed_until,
            ),
            [Planned(rung, one.counts_from + max(rung.after, HOLD)) for rung in RUNGS],
            lambda rung: Reached((Recipient(1, rung.role, "a@example.org", "vi"),)),
            now=at(self.now),
        )
        one.steps += len(decisions)
        for decision in decisions:
            assert isinstance(decision, Tell)
            one.told.append((self.now, decision.rung.number))

    # What must be so, counted second by second.

    def runs(self) -> list[tuple[int, int]]:
        """Every hole that is longer than tolerated."""
        found: list[tuple[int, int]] = []
        start = None
        for second in range(0, self.now + STEP, STEP):
            is_dark = second < self.now and second not in self.watched
            if is_dark and start is None:
                start = second
            elif not is_dark and start is not None:
                found.append((start, second))
                start = None
        return [(a, b) for a, b in found if b - a > TOLERANCE]

    @invariant()
    def the_gaps_on_record_are_the_holes_there_are(self) -> None:
        kept = sorted(
            (seconds_of(gap.start_at), seconds_of(gap.end_at) if gap.end_at else self.now)
            for gap in self.gaps
            if gap.state is not GapState.REPAIRED
        )
        assert kept == self.runs()

    @invariant()
    def one_incident_is_open_exactly_while_something_lasts_or_flaps(self) -> None:
        lasts = any(end == self.now for _, end in self.runs())
        is_open = self.open is not None
        assert is_open or not lasts
        assert not is_open or lasts or (self.open is not None and self.open.unstable_since)
        assert sum(one.ended_at is None for one in self.incidents) <= 1

    @invariant()
    def every_rung_is_told_once_in_order_and_never_too_soon(self) -> None:
        for one in self.incidents:
            assert [number for _, number in one.told] == list(range(1, len(one.told) + 1))
            for moment, number in one.told:
                soonest = max(RUNGS[number - 1].after, HOLD).total_seconds()
                assert moment >= one.opened_at + soonest
                assert one.ended_at is None or moment <= one.ended_at
                assert one.acknowledged_at is None or moment <= one.acknowledged_at

    @invariant()
    def nothing_is_left_unsaid(self) -> None:
        """Who is due, and held up by nothing, has been told; that it comes and goes holds up
        nobody."""
        one = self.open
        if one is None or one.acknowledged_at is not None:
            return
        is_put_off = one.snoozed_until is not None and at(self.now) < one.snoozed_until
        if is_put_off or self.now < self.muted_until:
            return
        if one.unstable_since is None and not self._has_held(one):
            return
        elapsed = at(self.now) - one.counts_from
        assert one.steps == sum(elapsed >= max(rung.after, HOLD) for rung in RUNGS)

    def _has_held(self, one: Incident) -> bool:
        held_s = HOLD.total_seconds()
        return one.lasting_since is not None and self.now - one.lasting_since >= held_s

    @invariant()
    def an_unstable_one_changed_lately(self) -> None:
        if self.open is not None and self.open.unstable_since is not None:
            edges = [second for run in self.runs() for second in run if second < self.now]
            lately = [second for second in edges if second > self.now - 600]
            assert lately or self.open.unstable_since == self.now


TestOneZone = OneZone.TestCase
TestOneZone.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
