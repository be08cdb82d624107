"""A gateway's talk with the broker: in a steady rhythm, anew whenever the connection is lost."""

import asyncio
import random

from services.edge import link
from services.edge.gateway import Gateway
from services.edge.link import Account, Link, LinkError
from shared.runtime import logging

log = logging.get(__name__)

LONGEST_BACKOFF_S = 60.0
SAVE_EVERY_S = 60.0
SAVE_EVERY_S_WHILE_BEHIND = 10.0


async def keep_telling(gateway: Gateway, account: Account, *, interval_s: float) -> None:
    """Tell, with a new connection whenever the old one is lost."""
    failures = 0
    while True:
        try:
            async with link.opened(account) as opened:
                await _converse(gateway, opened, interval_s)
        except LinkError as fault:
            if gateway.is_linked or failures == 0:
                log.warning("link_lost", gateway=gateway.name, reason=str(fault))
            # A broker that lets us in and hears nothing has failed as well.
            failures = 1 if gateway.is_linked else failures + 1
            gateway.is_linked = False
        await asyncio.sleep(backoff_s(failures, random.random()))  # noqa: S311 - no secret


async def _converse(gateway: Gateway, opened: Link, interval_s: float) -> None:
    """Hear and tell at once, so that neither waits for the other. Raises LinkError when it ends."""
    if denied := await opened.subscribe(gateway.hearing.topics):
        log.warning("hearing_denied", gateway=gateway.name, topics=denied)
    lost = LinkError("ended")
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_hear(gateway, opened), name="hear")
            # Not a task as well: Python 3.11 would then leave us half cancelled by the other's end.
            await _tell(gateway, opened, interval_s)
    except* LinkError as faults:
        lost, *_ = (fault for fault in faults.exceptions if isinstance(fault, LinkError))
    raise lost


async def _hear(gateway: Gateway, opened: Link) -> None:
    async for topic, payload in opened.heard():
        gateway.hearing.hear(topic, payload)


async def _tell(gateway: Gateway, opened: Link, interval_s: float) -> None:
    now_s = asyncio.get_running_loop().time
    while True:
        pause_s = jittered_s(interval_s, random.random())  # noqa: S311 - no secret
        next_s = now_s() + pause_s
        was_linked = gateway.is_linked
        await gateway.tell(opened.publish, within_s=pause_s)
        if not was_linked:
            log.info("link_established", gateway=gateway.name)
        try:
            async with asyncio.timeout_at(next_s):
                await gateway.changed.wait()
        except TimeoutError:
            continue


async def keep_saving(gateway: Gateway) -> None:
    """What is not told yet must outlive a loss of power; what is told need not be written often."""
    slept_s = 0.0
    while True:
        await asyncio.sleep(SAVE_EVERY_S_WHILE_BEHIND)
        slept_s += SAVE_EVERY_S_WHILE_BEHIND
        if gateway.is_behind or slept_s >= SAVE_EVERY_S:
            await gateway.save()
            slept_s = 0.0


def backoff_s(failures: int, chance: float) -> float:
    """Full jitter: after an outage of the broker, a province does not return in one second."""
    return chance * min(LONGEST_BACKOFF_S, 2.0 ** min(failures, 10))


def jittered_s(interval_s: float, chance: float) -> float:
    """A tenth earlier or later, so that gateways do not fall into step."""
    return interval_s * (0.9 + 0.2 * chance)
