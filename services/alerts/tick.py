"""One tick: take the lease, judge what became known, group it, tell it. All or nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.alerts.actions import acknowledging
from services.alerts.actions import folding as actions
from services.alerts.detect import queries as detect
from services.alerts.detect.judge import judge
from services.alerts.detect.transitions import Transition
from services.alerts.exempt import telling as exempt
from services.alerts.group import queries as incidents
from services.alerts.group.grouping import LATE
from services.alerts.group.queries import OpenIncident
from services.alerts.group.regroup import Regrouped, regroup
from services.alerts.history import queries as history
from services.alerts.lease import queries as lease
from services.alerts.platform import watch_ourselves
from services.alerts.reassign import folding
from services.alerts.tell import closing, escalate, growth, lateness, steadiness
from services.alerts.tell.outbox import Sender
from shared.db.session import unit_of_work
from shared.domain import judgement
from shared.domain.incidents import HOLD, EventKind
from shared.domain.states import OUR_OWN
from shared.runtime.errors import GiamsatError

#: After these an incident may have begun at another time.
_REDRAWN = {EventKind.GAP_SHORTENED, EventKind.GAP_MOVED, EventKind.GAP_REPAIRED}


class LeaseLostError(GiamsatError):
    """Another service took over in the middle of a tick; nothing of the tick is kept."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"the lease of epoch {epoch} is no longer ours", retryable=True)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who asks for the lease, and for how long it is kept between ticks."""

    name: str
    lease_for: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a tick found; nothing was judged if the watermark had not moved."""

    epoch: int
    watermark: datetime | None
    judged_until: datetime | None
    judged_since: datetime | None = None
    #: When the hold of what nobody was told yet is over; absent: nothing is held.
    hold_ends_at: datetime | None = None

    @property
    def is_behind(self) -> bool:
        if self.watermark is None or self.judged_until is None:
            return False
        return self.judged_until < self.watermark

    @property
    def has_made_up(self) -> bool:
        """Whether a stop is over: more was judged at once than passes between ticks."""
        if self.judged_since is None or self.judged_until is None:
            return False
        return self.judged_until - self.judged_since > LATE

    @property
    def settled_until(self) -> datetime | None:
        """Up to when all that is known is judged; nothing while the past is still being judged."""
        return None if self.is_behind else self.judged_until

    def may_tell(self, incident: OpenIncident) -> bool:
        """While the past is still being judged, what seems open may long be over."""
        return not self.is_behind or incident.cause in OUR_OWN


async def tick(engine: AsyncEngine, holder: Holder, sender: Sender, now: datetime) -> Ticked | None:
    """Nothing if another service holds the lease."""
    async with unit_of_work(engine) as connection:
        held = await lease.take(connection, holder=holder.name, now=now, lease_for=holder.lease_for)
        if held is None:
            return None
        known = await detect.known(connection)
        stretch = judgement.next_stretch(
            held.judged_until, known.watermark, required_since=known.required_since
        )
        transitions: list[Transition] = []
        judged_until = held.judged_until
        if stretch is not None:
            transitions = await judge(connection, known, stretch, now=now)
            judged_until = stretch.end_at
            if not await lease.advance(connection, epoch=held.epoch, judged_until=judged_until):
                raise LeaseLostError(held.epoch)
        ticked = Ticked(held.epoch, known.watermark, judged_until, held.judged_until)
        opens = await _follow(connection, transitions, ticked, sender, now)
    return replace(ticked, hold_ends_at=_hold_ends(opens, now))


async def _follow(
    connection: AsyncConnection,
    transitions: Sequence[Transition],
    ticked: Ticked,
    sender: Sender,
    now: datetime,
) -> Sequence[OpenIncident]:
    """From gaps to incidents to messages. Events of gaps come first, then those of incidents."""
    await incidents.date_back(connection, _redrawn(transitions))
    await actions.fold(connection, sender, now=now)
    opens = await incidents.open_incidents(connection)
    opens, acknowledged = await acknowledging.fold(connection, opens, now=now)
    opens, own = await watch_ourselves(connection, opens, ticked.watermark, now=now)
    new = [t.gap_id for t in transitions if t.kind is EventKind.GAP_OPENED]
    known = Regrouped(opens)
    if (until := ticked.judged_until) is not None:
        known = await regroup(connection, opens, transitions, until=until, now=now)
    found = [transition.event for transition in transitions]
    happened = [*known.events, *found, *own, *known.later, *acknowledged]
    await history.append(connection, happened, now=now)
    await closing.correct(connection, transitions, sender, now=now)
    await steadiness.tell(connection, known, sender, now=now)
    opens = await closing.resolve(connection, known, sender, until=until, now=now)
    await closing.correct_lasting(connection, opens, sender, now=now)
    await closing.correct_areas(connection, sender, now=now)
    quiet = await exempt.look(connection, opens, sender, until=ticked.settled_until, now=now)
    if not ticked.is_behind:
        await growth.tell_growth(connection, quiet.news(new), sender, known=known, now=now)
    due = [i for i in steadiness.ripe(quiet.tellable(opens), now=now) if ticked.may_tell(i)]
    told = await escalate.escalate(connection, due, sender, now=now)
    await history.append(connection, told, now=now)
    if not ticked.is_behind:
        ended = None if ticked.has_made_up else known.ended_untold(opens)
        await lateness.tell(connection, ended, sender, now=now)
        await folding.fold(connection, opens, sender, now=now)
        await folding.catch_up(connection, opens, sender, now=now)
    await exempt.silence(connection, quiet)
    return opens


def _hold_ends(opens: Iterable[OpenIncident], now: datetime) -> datetime | None:
    ends = [incident.held_from + HOLD for incident in opens if not incident.was_told]
    return min((end for end in ends if end > now), default=None)


def _redrawn(transitions: Sequence[Transition]) -> list[int]:
    return [t.incident_id for t in transitions if t.incident_id and t.kind in _REDRAWN]
