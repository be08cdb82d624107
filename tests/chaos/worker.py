"""Test-only processes of the real ingest worker: `python -m tests.chaos.worker`."""

import os
import secrets
import sys
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from services.ingest.settings import Settings
from services.ingest.worker import Worker
from shared.db.session import create_engine
from shared.runtime import clock, liveness, logging, mqtt_session
from tests.chaos import bugs, forking, strikes
from tests.chaos.strikes import Strike

#: What takes half a minute in earnest takes seconds here, so that runs need not wait for it.
DEAD_AFTER_S: Final = 4.0
SILENT_AFTER_S: Final = 2.0
ANSWER_WITHIN_S: Final = 3.0
MOST_UNANSWERED: Final = 3


class Plan(msgspec.Struct, frozen=True):
    """One worker: where it works, what is wrong with it, and where it dies."""

    slot: int
    database_url: str
    mqtt_port: int
    mqtt_password: str
    log: str
    strike: Strike | None = None
    bug: str | None = None


def work(plan: Plan) -> None:
    """Be that worker until SIGTERM."""
    log = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logging.configure("ingest")
    kind: type[Worker] = Worker
    if plan.bug is not None:
        kind = bugs.planted(kind, plan.bug)
    if plan.strike is not None:
        kind = strikes.struck(kind, plan.strike)
    uvloop.run(_run(kind, plan))


async def _run(kind: type[Worker], plan: Plan) -> None:
    config = Settings(
        database_url=plan.database_url,
        mqtt_port=plan.mqtt_port,
        mqtt_password=plan.mqtt_password,
        slot=plan.slot,
        flush_every_s=0.05,
        dead_after_s=DEAD_AFTER_S,
        most_unanswered=MOST_UNANSWERED,
    )
    stop = liveness.stop_on_signals()
    mqtt_session._SILENT_AFTER_S = SILENT_AFTER_S  # type: ignore[misc] # final for all others
    engine = create_engine(
        config.database_url, application="ingest", pool_size=2, answer_within_s=ANSWER_WITHIN_S
    )
    boot = secrets.token_hex(8)
    worker = kind(config, engine, boot=boot, now=clock.now, now_us=clock.now_us)
    try:
        await worker.run(stop)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    forking.main(Plan, work)
