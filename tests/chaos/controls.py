"""The negative controls: with each bug planted, the same short play must be found out, by name."""

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.chaos.faults import broker, database
from tests.chaos.model import COVERED, IMPAIRED, PROVEN, WATCHED
from tests.chaos.oracle import Finding, Kind, Verdict
from tests.chaos.stage import House, Play, Stage, perform, set_stage
from tests.chaos.strikes import Point, Strike
from tests.support.tcp_proxy import Conditions

#: A run with a bug may never fall silent; it is judged as it stands when nothing moves any more.
PATIENCE_S: Final = 5.0


async def quiet_play(stage: Stage) -> None:
    """Nothing happens, for a second."""
    await stage.begin_worker(0)
    await stage.recover()
    await asyncio.sleep(0.8)
    await stage.look()


async def slow_line_play(stage: Stage) -> None:
    """What the broker has taken is long on its way to the worker."""
    stage.to_broker.conditions = Conditions(latency_s=0.2)
    await quiet_play(stage)
    stage.to_broker.restore()


async def crash_play(stage: Stage) -> None:
    """A death before the commit, and a commit that gets nowhere."""
    worker = await stage.begin_worker(0, Strike(Point.BEFORE_COMMIT, 2))
    await asyncio.wait_for(asyncio.shield(worker.ended), 10)
    # What it said before it died is still under way; whoever takes its place cuts it short.
    await asyncio.sleep(0.3)
    await stage.begin_worker(0)
    await database.commit_undelivered(stage)
    await asyncio.sleep(0.5)
    await stage.look()


async def forgetful_broker_play(stage: Stage) -> None:
    """The broker takes messages while nobody works, and forgets them."""
    await stage.begin_worker(0)
    await stage.recover()
    await stage.end_worker(0, signal.SIGTERM, within_s=10)
    await asyncio.sleep(0.3)
    await broker.broker_killed_and_store_deleted(stage)
    await stage.begin_worker(0)
    await asyncio.sleep(0.3)


@dataclass(frozen=True, slots=True)
class Control:
    """What a bug looks like: a kind of finding, in one column or of one device if that matters."""

    kind: Kind
    column: str | None = None
    device: str | None = None
    play: Play = quiet_play

    def is_in(self, findings: list[Finding]) -> bool:
        return any(
            found.kind is self.kind
            and self.column in {None, found.column}
            and self.device in {None, found.device}
            for found in findings
        )


#: A bug of the sender, not of the worker.
BROKER_TRUSTED: Final = "broker_trusted"
#: By the names of `bugs`.
CONTROLS: Final[Mapping[str, Control]] = {
    "ack_before_commit": Control(Kind.LOST, COVERED, play=crash_play),
    "autoack": Control(Kind.LOST, COVERED, play=crash_play),
    "batch_lost_on_error": Control(Kind.LOST, COVERED, play=crash_play),
    "watermark_past_uncommitted": Control(Kind.TOO_SURE, COVERED, play=slow_line_play),
    BROKER_TRUSTED: Control(Kind.LOST, COVERED, play=forgetful_broker_play),
    "closed_interval_ends": Control(Kind.INVENTED, COVERED),
    "whole_seconds": Control(Kind.INVENTED, COVERED),
    "naive_local_day": Control(Kind.INVENTED, COVERED),
    "naive_local_time": Control(Kind.INVENTED, COVERED),
    "future_accepted": Control(Kind.INVENTED, device="FAR-AHEAD"),
    "before_registration_accepted": Control(Kind.INVENTED, device="NEW"),
    "too_old_accepted": Control(Kind.INVENTED, device="AGED"),
    "retirement_ignored": Control(Kind.INVENTED, device="RETIRED"),
    "late_counted_as_live": Control(Kind.INVENTED, WATCHED),
    "retained_accepted": Control(Kind.INVENTED, device="RETAINED"),
    "faults_ignored": Control(Kind.LOST, IMPAIRED),
    "last_write_wins": Control(Kind.LOST, COVERED),
    "unsigned_accepted": Control(Kind.INVENTED, device="UNSIGNED"),
    "any_signature_accepted": Control(Kind.INVENTED, device="FORGED"),
    "backlog_proven": Control(Kind.INVENTED, PROVEN, "SIGNED-BACKLOG"),
}


async def verdict_with(house: House, bug: str | None, play: Play, seed: int) -> Verdict:
    """How the play ends with that bug planted; with none it is clean."""
    is_of_sender = bug == BROKER_TRUSTED
    async with set_stage(house, seed, trusts_broker=is_of_sender) as stage:
        stage.bug = None if is_of_sender else bug
        return await perform(stage, play, stuck_after_s=PATIENCE_S)


async def is_caught(house: House, bug: str, seed: int) -> bool:
    control = CONTROLS[bug]
    verdict = await verdict_with(house, bug, control.play, seed)
    return control.is_in(verdict.findings)
