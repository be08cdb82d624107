"""Looks for cameras on the site's network now and then, and tells us what it found."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from services.edge import link
from services.edge.discovery import DiscoveryError, discover
from services.edge.link import Account, LinkError
from shared.contracts import topics
from shared.contracts.discovery import Found, encode
from shared.contracts.topics import Leaf
from shared.runtime import logging

log = logging.get(__name__)

#: After it could not ask, or could not tell.
AGAIN_AFTER_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often, and by which of our addresses."""

    every_s: float
    interface: str = ""


async def keep_looking_around(who: tuple[str, str], account: Account, rounds: Rounds) -> None:
    """For ever. `who`: the codes of the facility and of its gateway."""
    while True:
        try:
            found = await discover(interface=rounds.interface)
            await tell(who, account, found)
        except (DiscoveryError, LinkError) as fault:
            log.warning("discovery_failed", gateway=who[1], reason=str(fault))
            await asyncio.sleep(min(AGAIN_AFTER_S, rounds.every_s))
        else:
            await asyncio.sleep(rounds.every_s)


async def tell(who: tuple[str, str], account: Account, found: list[Found]) -> None:
    """All that is there now, also if that is nothing. Raises LinkError.

    By a connection of its own: heartbeats do not wait for it.
    """
    async with link.opened(replace(account, errand="#around")) as opened:
        topic = topics.of(who[0], who[1], Leaf.DISCOVERED)
        if not await opened.publish(topic, encode(found)):
            raise LinkError("nobody hears what was found")
