"""The negative controls: with each bug planted, the same short play must be found out, by name."""

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.chaos.faults import broker, database
from tests.chaos.model import COVERED, IMPAIRED, PROVEN, WATCHED
from tests.chaos.oracle import Finding, Kind, Verdict
from tests.chaos.stage import House, Stage, perform, set_stage
from tests.chaos.strikes import Point, Strike
from tests.support.tcp_proxy import Conditions

#: A run with a bug may never fall silent; it is judged then as it stands.
PATIENCE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Sign:
    """What a bug looks like: a kind of finding, in a column, of one device if that matters."""

    kind: Kind
    column: str
    device: str | None = None

    def is_in(self, findings: list[Finding]) -> bool:
        return any(
            (found.kind, found.column) == (self.kind, self.column)
            and self.device in {None, found.device}
            for found in findings
        )


#: By the names of `bugs`; the last one is a bug of the sender.
CONTROLS: Final[Mapping[str, Sign]] = {
    "ack_before_commit": Sign(Kind.LOST, COVERED),
    "autoack": Sign(Kind.LOST, COVERED),
    "batch_lost_on_error": Sign(Kind.LOST, COVERED),
    "watermark_past_uncommitted": Sign(Kind.TOO_SURE, COVERED),
    "closed_interval_ends": Sign(Kind.INVENTED, COVERED),
    "whole_seconds": Sign(Kind.INVENTED, COVERED),
    "naive_local_day": Sign(Kind.INVENTED, COVERED),
    "naive_local_time": Sign(Kind.INVENTED, COVERED),
    "future_accepted": Sign(Kind.INVENTED, COVERED, "FAR-AHEAD"),
    "before_registration_accepted": Sign(Kind.INVENTED, COVERED, "NEW"),
    "too_old_accepted": Sign(Kind.INVENTED, COVERED, "AGED"),
    "retirement_ignored": Sign(Kind.INVENTED, COVERED, "RETIRED"),
    "late_counted_as_live": Sign(Kind.INVENTED, WATCHED),
    "retained_accepted": Sign(Kind.INVENTED, COVERED, "RETAINED"),
    "faults_ignored": Sign(Kind.LOST, IMPAIRED),
    "last_write_wins": Sign(Kind.LOST, COVERED),
    "unsigned_accepted": Sign(Kind.INVENTED, COVERED, "UNSIGNED"),
    "any_signature_accepted": Sign(Kind.INVENTED, COVERED, "FORGED"),
    "backlog_proven": Sign(Kind.INVENTED, PROVEN, "SIGNED-BACKLOG"),
    "broker_trusted": Sign(Kind.LOST, COVERED),
}
BROKER_TRUSTED: Final = "broker_trusted"


async def short_play(stage: Stage) -> None:
    """A slow line to the broker, a death before the commit, a commit without an answer."""
    stage.to_broker.conditions = Conditions(latency_s=0.1)
    worker = await stage.begin_worker(0, Strike(Point.BEFORE_COMMIT, 2))
    await asyncio.wait_for(asyncio.shield(worker.ended), 10)
    await stage.begin_worker(0)
    await database.commit_undelivered(stage)
    await asyncio.sleep(0.7)
    await stage.look()
    stage.to_broker.restore()


async def forgetful_broker_play(stage: Stage) -> None:
    """The broker takes messages while nobody works, and forgets them."""
    await stage.begin_worker(0)
    await stage.recover()
    await stage.end_worker(0, signal.SIGTERM, within_s=10)
    await asyncio.sleep(0.3)
    await broker.broker_killed_and_store_deleted(stage)
    await stage.begin_worker(0)
    await asyncio.sleep(0.3)


async def verdict_with(house: House, bug: str | None, seed: int) -> Verdict:
    """The play with that bug planted; with none it is clean."""
    is_of_sender = bug == BROKER_TRUSTED
    async with set_stage(house, seed, trusts_broker=is_of_sender) as stage:
        stage.bug = None if is_of_sender else bug
        play = forgetful_broker_play if is_of_sender else short_play
        return await perform(stage, play, patience_s=PATIENCE_S)


async def is_caught(house: House, bug: str, seed: int) -> bool:
    verdict = await verdict_with(house, bug, seed)
    return CONTROLS[bug].is_in(verdict.findings)
