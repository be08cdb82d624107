"""Takes check-ins of rounds in as evidence of their points, each once; once more changes nothing.

Numbers are given in one order and become visible in another: a check-in may be committed after one
with a higher number. So what is younger than `OVERLAP` is read again and again, and what was taken
in already is left out. Where nobody remembers that, after a restart, it is credited once more, and
the union stays what it is.

    settled in the database ──▶│ read again: taken in, or a straggler │ new
    ───────────────────────────┴──────────────────────────────────────┴──▶ numbers
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.judge import Claim, Judge
from services.ingest.registry.roll import Registry
from services.ingest.rounds import queries
from services.ingest.rounds.queries import CheckIn
from services.ingest.track import NOTHING_READ
from shared.contracts.heartbeat import to_us
from shared.domain import rounds
from shared.domain.heartbeat import SECOND_US
from shared.domain.states import Refusal, WatchState
from shared.runtime import logging

log = logging.get(__name__)

#: A transaction that has taken a number is over by then: the server ends statements after 30 s and
#: idle transactions after 35 s, and our own clocks differ by two minutes at most.
OVERLAP_US: Final = 300 * SECOND_US


@dataclass(frozen=True, slots=True)
class Visits:
    """What one look found: what is new, and up to where nothing older can appear any more."""

    new: tuple[CheckIn, ...]
    settled_to: int | None = None


class Rounds:
    """Remembers what this worker has taken in."""

    def __init__(self) -> None:
        self._settled: int | None = None
        self._taken: set[int] = set()

    async def look(self, connection: AsyncConnection, *, now_us: int) -> Visits:
        """One read of a primary key's end."""
        if self._settled is None:
            self._settled = await queries.settled_to(connection)
        found = await queries.check_ins_after(connection, self._settled)
        return sorted_out(found, self._taken, now_us=now_us)

    def settle(self, visits: Visits) -> None:
        """After the commit."""
        self._taken.update(one.id for one in visits.new)
        if visits.settled_to is not None:
            self._settled = settled = visits.settled_to
            self._taken = {number for number in self._taken if number > settled}


def sorted_out(found: list[CheckIn], taken: set[int], *, now_us: int) -> Visits:
    """`found` in the order of numbers. What is ahead of our clock waits until it is not."""
    new: list[CheckIn] = []
    settled_to: int | None = None
    is_waiting = False
    for one in found:
        checked_us = to_us(one.checked_at)
        is_waiting = is_waiting or checked_us > now_us
        if checked_us > now_us:
            continue
        if one.id not in taken:
            new.append(one)
        if not is_waiting and checked_us <= now_us - OVERLAP_US:
            settled_to = one.id
    return Visits(tuple(new), settled_to)


def credit(visits: Visits, judge: Judge, registry: Registry, *, now_us: int) -> None:
    """As a heartbeat of the point would be, by the same limits of time."""
    for one in visits.new:
        track = registry.track_of(one.device_id)
        if track is None:
            refusal: Refusal | None = Refusal.UNKNOWN_DEVICE
        else:
            since_us, at_us = rounds.attested(to_us(one.checked_at))
            claim = Claim(at_us, since_us, WatchState.OK, now_us, NOTHING_READ, said_us=at_us)
            refusal = judge.credit_claim(track, claim)
        if refusal is not None:
            log.warning("check_in_not_credited", check_in_id=one.id, reason=refusal.value)
