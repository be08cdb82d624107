"""From the instant at which a hole is longer than tolerated to the last byte of the mail about it.

Through everything that is real: broker, ingest, alerts, a mail server over SMTP. Devices die one
after the other, each in another facility; then a whole facility of 40 does, and comes back.
"""

import asyncio
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import pairwise
from typing import Final

from services.cli.postgres import Postgres
from tests.chaos.outage import town
from tests.chaos.outage.herd import now_ms
from tests.chaos.outage.pace import Pace, in_earnest
from tests.chaos.outage.runs import Stage, set_stage
from tests.support import databases
from tests.support.waiting import eventually

DEVICES: Final = 10_000
#: So many die, evenly over so long.
DEAD: Final = 200
OVER_S: Final = 60.0
QUIET_DEVICES: Final = 400
#: The ladder of the facility that dies as a whole is climbed to its end. It is away for so long
#: that what its first heartbeats say of the time before leaves of each hole more than is tolerated.
STEP_S: Final = 45


@dataclass(frozen=True, slots=True)
class Size:
    """What is measured; a smaller one only shows that it works."""

    devices: int = DEVICES
    dead: int = DEAD
    over_s: float = OVER_S


@dataclass
class Arrivals:
    """When the first mail came to whom."""

    at_ms: dict[str, int] = field(default_factory=dict)

    async def note(self, mail: EmailMessage) -> None:
        self.at_ms.setdefault(str(mail["To"]), now_ms())


def measure(size: Size | None = None) -> dict[str, float]:
    with databases.running_postgres(fsync="on", shared_buffers="256MB") as server:
        return asyncio.run(_measure(server, size or Size()))


async def _measure(server: Postgres, size: Size) -> dict[str, float]:
    usual = in_earnest(0)
    how = Pace(
        usual.interval_s, usual.tolerated_s, STEP_S, usual.blind_after_s, usual.hold_s, lasts_s=0
    )
    async with set_stage(server, devices=size.devices, how=how) as stage:
        arrivals = Arrivals()
        stage.mail.answer = arrivals.note
        await stage.begin()
        took_s = await _one_after_the_other(stage, arrivals, size)
        if strange := _strangers(stage, size):
            raise SystemExit(f"{strange} were told of nothing: the figures mean nothing")
    # Apart: whoever was told of so many already gets the rest in one digest.
    async with set_stage(server, devices=QUIET_DEVICES, how=how) as stage:
        await stage.begin()
        sent = await _a_whole_facility(stage)
    cuts = statistics.quantiles(took_s, n=100)
    return {
        "alerts.told_after_threshold_p50_s": cuts[49],
        "alerts.told_after_threshold_p99_s": cuts[98],
        "alerts.told_beyond_hold_p50_s": cuts[49] - how.hold_s,
        "alerts.told_beyond_hold_p99_s": cuts[98] - how.hold_s,
        "alerts.messages_40_devices_out": sent,
    }


def _doomed(size: Size) -> list[int]:
    """One in each facility as far as they reach, but the last; then another in each."""
    others = size.devices // town.DEVICES_EACH - 1
    return [(number % others) * town.DEVICES_EACH + number // others for number in range(size.dead)]


async def _one_after_the_other(stage: Stage, arrivals: Arrivals, size: Size) -> list[float]:
    """Only whoever is the first of a facility is told of in a mail of his own."""
    doomed = _doomed(size)
    for one in doomed:
        stage.herd.die([one])
        await asyncio.sleep(size.over_s / size.dead)
    firsts = {town.manager_of(one): one for one in reversed(doomed)}

    async def all_told() -> bool:
        return firsts.keys() <= arrivals.at_ms.keys()

    within_s = stage.pace.tolerated_s + stage.pace.interval_s + stage.pace.hold_s + 60
    await eventually(all_told, within_s=within_s)
    tolerated_ms = 1000 * stage.pace.tolerated_s
    return [
        (arrivals.at_ms[manager] - stage.herd.devices[one].told_ms - tolerated_ms) / 1000
        for manager, one in firsts.items()
    ]


async def _a_whole_facility(stage: Stage) -> float:
    """All messages about it, to everybody, from the first alert until everybody heard the end."""
    last = town.facility_of(len(stage.herd.devices) - 1)
    everybody = range(last * town.DEVICES_EACH, (last + 1) * town.DEVICES_EACH)
    about = re.compile(rf"Facility {last}\b")
    chain = {town.manager_of(everybody[0]), town.officer_of(everybody[0]), town.DEPARTMENT}

    def mails() -> list[EmailMessage]:
        return [mail for mail in stage.mail.received if about.search(str(mail.get_content()))]

    async def has_climbed() -> bool:
        return {str(mail["To"]) for mail in mails()} == chain

    async def is_over() -> bool:
        return not await stage.link.fetchval(
            "SELECT count(*) FROM incident i JOIN facility f ON f.id = i.facility_id "
            "LEFT JOIN notification n ON n.incident_id = i.id AND n.state = 'pending' "
            "WHERE f.code = $1 AND (i.state = 'open' OR n.id IS NOT NULL)",
            town.facility_code(last),
        )

    stage.herd.die(everybody)
    patience_s = stage.pace.tolerated_s + 2 * STEP_S + 60
    await eventually(has_climbed, within_s=patience_s)
    stage.herd.live_again(everybody)
    await eventually(is_over, within_s=patience_s)
    _must_be_one([str(mail["References"]) for mail in mails()])
    return len(mails())


def _must_be_one(threads: Sequence[str]) -> None:
    if any(one != other for one, other in pairwise(threads)):
        raise SystemExit("one outage was told as several")


def _strangers(stage: Stage, size: Size) -> set[str]:
    known = {who(one) for one in _doomed(size) for who in (town.manager_of, town.officer_of)}
    return set(stage.told) - known - {town.DEPARTMENT}


if __name__ == "__main__":
    for key, value in measure().items():
        print(f"{key:40} {value:10.2f}")
