"""As whom the simulator is admitted to the broker: one client for some facilities at a time.

A device may publish below its own topic only, and ten thousand connections would measure the
machine and not the system. So the registry admits the simulator itself, for its facilities alone.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from services.api.broker_access import BrokerAccess
from services.cli import broker
from services.cli.secret_files import generated
from services.cli.simulate.place import Place
from shared.contracts.topics import NONCE, ROOT, Leaf, Rights

#: The broker goes through a client's rules one by one, for every message.
FACILITIES_A_CLIENT: Final = 50
#: More connections than this help nobody.
MOST_CLIENTS: Final = 64


@dataclass(frozen=True, slots=True)
class Client:
    """One connection: as whom, for which facilities."""

    username: str
    password: str
    facilities: tuple[str, ...]

    @property
    def rights(self) -> Rights:
        return Rights(
            publish=tuple(f"{ROOT}/{facility}/#" for facility in self.facilities),
            subscribe=(*self.acks, NONCE),
        )

    @property
    def acks(self) -> tuple[str, ...]:
        """Where the platform says what it has committed."""
        return tuple(f"{ROOT}/{facility}/+/{Leaf.ACK}" for facility in self.facilities)


def clients(name: str, facilities: Sequence[str], place: Place) -> list[Client]:
    """The facilities, shared out evenly."""
    count = min(MOST_CLIENTS, -(-len(facilities) // FACILITIES_A_CLIENT))
    shares = [tuple(facilities[number::count]) for number in range(count)]
    if place.account is not None:
        return [Client(*place.account, share) for share in shares]
    return [
        Client(username(name, number), generated(), share) for number, share in enumerate(shares)
    ]


def username(name: str, number: int) -> str:
    return f"giamsat-simulator-{name}-{number}"


class Doorman:
    """Lets the clients in, and out again; where an account was given, there is nothing to do."""

    def __init__(self, registry: BrokerAccess | None) -> None:
        self._registry = registry
        self._one_at_a_time = asyncio.Lock()

    async def admit(self, client: Client) -> None:
        """Also after a restart of the broker, which reads from the registry whom to admit."""
        if self._registry is not None:
            async with self._one_at_a_time:
                await self._registry.admit(client.username, client.password, client.rights)

    async def dismiss(self, usernames: Iterable[str]) -> None:
        if self._registry is not None:
            await self._registry.revoke(usernames)


@asynccontextmanager
async def doorman(place: Place) -> AsyncIterator[Doorman]:
    if place.registry_password is None:
        yield Doorman(None)
        return
    registry = BrokerAccess(
        host=place.mqtt_host,
        port=place.mqtt_port,
        username=broker.REGISTRY_USER,
        password=place.registry_password,
        timeout_s=20,
    )
    stop = asyncio.Event()
    staying = asyncio.create_task(registry.run(stop), name="registry")
    try:
        yield Doorman(registry)
    finally:
        stop.set()
        await staying
