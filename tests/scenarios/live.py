"""Plays a scenario through the real processes, in seconds: devices, broker, services, mail.

What the table calls 60 s tolerated is 5 s here, and its first to its last change take as long as
the ladder does; a step waits until everything the table says was told before it has arrived. The
hold of 10 s is what it is. Instants are compared where the table names one at which something
happened, to the millisecond; of messages only to whom which came, in which order.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import httpx

from tests.scenarios.language import Scenario, Step, clock, seconds
from tests.scenarios.live_device import beating, now_ms
from tests.scenarios.live_outcome import Outcome
from tests.scenarios.live_post import PostBox
from tests.scenarios.live_town import LADDER, PASSWORD, TOLERATED_S, LiveTown
from tests.support.system import Api, System
from tests.support.waiting import eventually

#: From the first change to the last: beyond the last step of the ladder, with room for a slow
#: machine.
SPAN_S: Final = TOLERATED_S + LADDER[-1][1] + 7
ARRIVES_WITHIN_S: Final = 60
_LINK: Final = re.compile(r"https?://\S+/a/[\w-]+")
_STATES: Final = {"off": "off", "on": "watched", "dark": "impaired"}


@dataclass
class Live:
    """One scenario on its way."""

    system: System
    post: PostBox
    link: "asyncpg.Connection[Any]"
    town: LiveTown
    scenario: Scenario
    outcome: Outcome

    # -- time -----------------------------------------------------------------------------

    async def play(self) -> None:
        """Everybody is heard, then it is required, then the story goes."""
        *steps, _ = self.scenario.steps
        origin_s = steps[0].at_s
        scale = SPAN_S / max(steps[-1].at_s - origin_s, 1)
        await eventually(self._is_everybody_heard, within_s=ARRIVES_WITHIN_S)
        await self.town.require(self.scenario)
        await self._judged_beyond(now_ms())
        began_s = asyncio.get_running_loop().time()
        for step in steps:
            await self._until_told(step.at_s)
            passed_s = asyncio.get_running_loop().time() - began_s
            await asyncio.sleep((step.at_s - origin_s) * scale - passed_s)
            await self._happen(step)
        await self._until_told(self.scenario.end_s)
        await self._judged_beyond(now_ms() + TOLERATED_S * 1000)
        await eventually(self._is_over, within_s=ARRIVES_WITHIN_S)
        await eventually(self._is_quiet, within_s=ARRIVES_WITHIN_S)

    async def _is_everybody_heard(self) -> bool:
        return not await self.link.fetchval(
            "SELECT count(*) FROM device d JOIN facility f ON f.id = d.facility_id "
            "WHERE f.code LIKE '%-' || $1 AND d.id NOT IN (SELECT device_id FROM device_day)",
            self.town.key,
        )

    async def _judged_beyond(self, at_ms: int) -> None:
        wanted = datetime.fromtimestamp(at_ms / 1000, UTC)

        async def is_judged() -> bool:
            until = await self.link.fetchval("SELECT judged_until FROM alert_lease")
            return bool(until and until > wanted)

        await eventually(is_judged, within_s=ARRIVES_WITHIN_S)

    async def _until_told(self, at_s: float) -> None:
        """Whatever the table says was told by then."""
        wanted = self.outcome.to_be_told_by(at_s)

        async def has_come() -> bool:
            told = await self.outcome.told()
            return all(len(told.get(who, ())) >= len(kinds) for who, kinds in wanted.items())

        try:
            await eventually(has_come, within_s=ARRIVES_WITHIN_S)
        except AssertionError:
            raise AssertionError(f"wanted {wanted}, told {await self.outcome.told()}") from None

    async def _is_over(self) -> bool:
        """As many incidents are still open as the table says."""
        states = [one.state for one in await self.outcome.happened()]
        return states.count("open") <= [one.state for one in self.outcome.expected].count("open")

    async def _is_quiet(self) -> bool:
        """Nothing waits to be sent, and what was sent has come."""
        waiting = await self.link.fetchval(
            "SELECT count(*) FROM notification WHERE state = 'pending' AND address LIKE $1",
            f"%@{self.town.key}%",
        )
        sent = await self.link.fetchval(
            "SELECT count(*) FROM notification WHERE state = 'sent' AND address LIKE $1",
            f"%@{self.town.key}%",
        )
        return not waiting and sum(map(len, (await self.outcome.told()).values())) >= sent

    # -- what happens ---------------------------------------------------------------------

    async def _happen(self, step: Step) -> None:
        who, what, *rest = step.what
        at_ms = self.outcome.instants.setdefault(clock(step.at_s), now_ms())
        if what in _STATES:
            for name in self._named(who):
                self.town.devices[name].turn(_STATES[what], at_ms)
        else:
            await _DEEDS[what](self, who, rest)

    def _named(self, who: str) -> list[str]:
        wanted, _, without = who.partition("-")
        found = [
            name
            for name in self.town.devices
            if wanted in {"*", name, name.partition("/")[0]} and name != without
        ]
        assert found, f"there is no {who}"
        return found

    async def acknowledge(self, facility: str, rest: list[str]) -> None:
        """`A acknowledged by manager.A`: with the link in the newest mail about it."""
        mail = self.post.to(self.town.address(rest[1]))[-1]
        assert self.town.code(facility) in str(mail.get_content())
        found = _LINK.search(str(mail.get_content()))
        assert found is not None
        async with httpx.AsyncClient(timeout=10) as phone:
            answer = await phone.post(found[0])
        assert answer.status_code == 303, answer.text

    async def maintain(self, facility: str, rest: list[str]) -> None:
        """`A maintenance 04:00-20:00`: asked for by the one, approved by the other; it lasts beyond
        the story."""
        starts_at = datetime.now(UTC) + timedelta(seconds=1)  # noqa: TID251 - the test's own clock
        assert seconds(rest[0].split("-")[1]) > self.scenario.steps[-2].at_s
        asked = await (await self._as(f"manager.{facility}")).post(
            "approvals",
            {
                "kind": "maintenance",
                "facility": self.town.code(facility),
                "starts_at": starts_at.isoformat(),
                "ends_at": (starts_at + timedelta(minutes=10)).isoformat(),
                "reason": "Electricians",
            },
        )
        department = await self._as("department")
        answer = await department.client.post(
            f"approvals/{asked['id']}/decision", json={"decision": "approved"}
        )
        assert answer.is_success, answer.text

    async def _as(self, person: str) -> Api:
        return await self.system.log_in_as(self.town.address(person), PASSWORD)


_DEEDS: Final[dict[str, Callable[[Live, str, list[str]], Awaitable[None]]]] = {
    "acknowledged": Live.acknowledge,
    "maintenance": Live.maintain,
}


@asynccontextmanager
async def staged(
    system: System, api: Api, post: PostBox, scenario: Scenario, key: str
) -> AsyncIterator[Live]:
    """Its world is there, and everything in it beats."""
    link = await asyncpg.connect(system.run["database_url"])
    town = LiveTown(api, link, key)
    try:
        await town.build(scenario)
        async with beating(town.devices.values()):
            yield Live(system, post, link, town, scenario, Outcome(post, link, town, scenario))
    finally:
        await link.close()
        await town.leave()
