"""Whether alerting itself is well, and when its administrators are told that it is not.

          2 min without a tick, told at most every 15 min
WELL ───────────────────────────────────────▶ OUT ──a tick again──▶ WELL, told once
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain.incidents import is_blind

#: Without a tick for so long, alerting is stopped, whatever the reason.
STOPPED_AFTER: Final = timedelta(minutes=2)
#: A message that has waited for so long, with no other handed over since, waits for nothing.
STUCK_AFTER: Final = timedelta(minutes=10)
#: However often it comes and goes, the administrators are not told more often.
TOLD_EVERY: Final = timedelta(minutes=15)


class Ailment(StrEnum):
    """What can be wrong with alerting, the worst first."""

    DATABASE_AWAY = "database_away"
    NO_TICK = "no_tick"
    PLATFORM_BLIND = "platform_blind"
    OUTBOX_STUCK = "outbox_stuck"


@dataclass(frozen=True, slots=True)
class Signs:
    """What the database says of alerting: of all services that run, not of one."""

    ticked_at: datetime | None
    watermark: datetime | None
    #: The oldest message that waits, if nothing younger was handed over.
    stuck_since: datetime | None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what may last before it is an ailment."""

    stopped_after: timedelta = STOPPED_AFTER
    stuck_after: timedelta = STUCK_AFTER
    told_every: timedelta = TOLD_EVERY


def ailments(signs: Signs | None, patience: Patience, *, now: datetime) -> tuple[Ailment, ...]:
    """Nothing, if all is well. No signs at all: the database did not answer."""
    if signs is None:
        return (Ailment.DATABASE_AWAY,)
    ticked_at, stuck_since = signs.ticked_at, signs.stuck_since
    found = (
        (Ailment.NO_TICK, ticked_at is None or now - ticked_at > patience.stopped_after),
        (Ailment.PLATFORM_BLIND, is_blind(signs.watermark, now)),
        (
            Ailment.OUTBOX_STUCK,
            stuck_since is not None and now - stuck_since > patience.stuck_after,
        ),
    )
    return tuple(ailment for ailment, is_so in found if is_so)


class Call(StrEnum):
    """What the administrators are to be told now."""

    STOPPED = "stopped"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Outage:
    """What one process remembers of the ticks: it must know without any database.

    `told_since`: the outage that the administrators were told of, until they are told its end.
    """

    ticked_at: datetime
    told_since: datetime | None = None
    told_at: datetime | None = None

    def ticked(self, at: datetime | None) -> "Outage":
        return self if at is None or at <= self.ticked_at else replace(self, ticked_at=at)

    def call(self, patience: Patience, *, now: datetime) -> Call | None:
        """What is to be told; it stays so until `told` says that it was."""
        is_out = now - self.ticked_at > patience.stopped_after
        if self.told_since is not None:
            return None if is_out else Call.AGAIN
        is_soon = self.told_at is not None and now - self.told_at < patience.told_every
        return Call.STOPPED if is_out and not is_soon else None

    def told(self, call: Call, *, at: datetime) -> "Outage":
        if call is Call.STOPPED:
            return replace(self, told_since=self.ticked_at, told_at=at)
        return replace(self, told_since=None)
