"""The doors of the log-in: knock before what was typed is looked at, and say when it was right."""

import hashlib
import ipaddress
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.api.access.transactions import changing_as_system
from services.api.guessing import queries
from services.api.problems import TooManyError
from services.api.resources import Resources
from shared.domain.throttling import (
    LIMITS,
    Door,
    attempted,
    closed_until,
    first_open,
    withdrawn,
)

#: A home or an office has that many addresses of its own.
_IPV6_NETWORK: Final = 64

Doors = Mapping[Door, str]


async def knock(resources: Resources, doors: Doors) -> datetime:
    """Count an attempt at all of some doors, if all are open; `TooManyError` if one is not."""
    now = resources.now()
    keys = {door: _key(door, value) for door, value in doors.items()}
    async with changing_as_system(resources) as connection:
        tallies = await queries.locked(connection, keys.values(), now=now)
        until = first_open(
            [closed_until(tallies[key], LIMITS[door], now=now) for door, key in keys.items()]
        )
        if until is None:
            for door, key in keys.items():
                tally = attempted(tallies[key], LIMITS[door], now=now)
                await queries.write(connection, key, tally, now=now)
            await queries.forget_old(connection, now=now)
    if until is not None:
        seconds = math.ceil((until - now).total_seconds())
        raise TooManyError("Too many failed attempts. Try again later.", retry_after_s=seconds)
    return now


async def opened(resources: Resources, doors: Doors, *, knocked_at: datetime) -> None:
    """What was typed was right. A door of many forgets this attempt only, others all."""
    keys = {door: _key(door, value) for door, value in doors.items()}
    async with changing_as_system(resources) as connection:
        own = [key for door, key in keys.items() if LIMITS[door].in_a_row is not None]
        tallies = await queries.there(connection, keys.values())
        await queries.clear(connection, own)
        for key in tallies.keys() - set(own):
            tally = withdrawn(tallies[key], at=knocked_at)
            await queries.write(connection, key, tally, now=knocked_at)


def network_of(address: str) -> str:
    """To whom an address belongs, as far as can be told from it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))
    return str(parsed)


def _key(door: Door, value: str) -> bytes:
    return hashlib.sha256(f"{door}:{value}".encode()).digest()
