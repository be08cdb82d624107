"""Asks the site's network for cameras: WS-Discovery, as ONVIF has it (SOAP over UDP multicast).

Only asks and listens: whatever answers is a stranger, so nothing of it is fetched, looked up or
followed, and of an answer only what fits into `Found` is taken (`services.edge.probing`).
"""

import asyncio
import socket
from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from services.edge import probing
from shared.contracts.discovery import MOST_FOUND, Found
from shared.runtime import logging
from shared.runtime.errors import GiamsatError

log = logging.get(__name__)

GROUP: Final = ("239.255.255.250", 3702)
#: A device waits up to half a second before it answers, and may answer a lost probe never.
WAIT_S: Final = 4.0
#: UDP loses some: each probe is sent so many times.
TIMES: Final = 2
_AGAIN_AFTER_S: Final = 0.25
#: Of one address, and of all together; whoever says more is not heard.
MOST_OF_ONE: Final = 16
MOST_ANSWERS: Final = 2_000
#: Not beyond the site's own network.
_TTL: Final = 1


class DiscoveryError(GiamsatError):
    """The network did not let us ask."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Cannot look for cameras on this network: {reason}", retryable=True)


@dataclass(slots=True)
class _Ear(asyncio.DatagramProtocol):
    """Hears answers to what was asked, and no more than so many."""

    asked: frozenset[str]
    found: dict[str, Found] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        sender = addr[0]
        self.heard[sender] += 1
        if self.heard[sender] > MOST_OF_ONE or self.heard.total() > MOST_ANSWERS:
            self.refused += 1
            return
        try:
            matches = probing.matches_in(data, sender=sender, asked=self.asked)
        except probing.UnsoundError:
            self.refused += 1
            return
        for one in matches:
            if len(self.found) < MOST_FOUND:
                self.found.setdefault(one.endpoint, one)


async def discover(
    *, interface: str = "", wait_s: float = WAIT_S, group: tuple[str, int] = GROUP
) -> list[Found]:
    """The cameras that answered, by address. `interface`: our own address on that network.

    Raises DiscoveryError.
    """
    asked = [f"urn:uuid:{uuid4()}" for _ in probing.TYPES]
    ear = _Ear(frozenset(asked))
    try:
        ours = _socket(interface)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: ear, sock=ours
        )
    except OSError as exc:
        raise DiscoveryError(str(exc)) from exc
    try:
        for _ in range(TIMES):
            for message_id, kind in zip(asked, probing.TYPES, strict=True):
                transport.sendto(probing.probe(message_id, kind), group)
            await asyncio.sleep(_AGAIN_AFTER_S)
        await asyncio.sleep(wait_s)
    finally:
        transport.close()
    log.info("cameras_discovered", found=len(ear.found), refused=ear.refused)
    return sorted(ear.found.values(), key=lambda one: (one.address, one.endpoint))


def _socket(interface: str) -> socket.socket:
    ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        ours.setblocking(False)  # noqa: FBT003 - the library's own signature
        ours.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _TTL)
        if interface:
            ours.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        ours.bind((interface, 0))
    except OSError:
        ours.close()
        raise
    return ours
