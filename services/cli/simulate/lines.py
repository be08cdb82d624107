"""The connections to the broker: kept through its restarts, and what comes back on them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from services.cli.simulate.access import Client, Doorman
from services.cli.simulate.place import Place
from shared.contracts import acknowledgement, nonce
from shared.contracts.acknowledgement import Acknowledged
from shared.contracts.topics import NONCE
from shared.runtime import logging, loops
from shared.runtime.errors import GiamsatError
from shared.runtime.mqtt_session import Login, MqttError, MqttSession

log = logging.get(__name__)

PING_EVERY_S: Final = 5.0
RETRY_AFTER_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Ear:
    """Who wants to hear what comes back, by the number of the line."""

    on_answer: Callable[[int, int], None]
    on_acknowledged: Callable[[Acknowledged], None]
    on_nonce: Callable[[str], None]
    #: A new connection stands: what the last one left open may be said again.
    on_connected: Callable[[int], None]


class Line:
    """One connection after another, for one client."""

    def __init__(self, number: int, client: Client, place: Place, ear: Ear) -> None:
        self._number = number
        self._client = client
        self._place = place
        self._ear = ear
        self._opened: MqttSession | None = None
        #: The same once it may be used.
        self._session: MqttSession | None = None
        #: The broker's packet ids, and which message each stands for.
        self._asked: dict[int, int] = {}
        #: Messages that were promised a place, and are about to go.
        self.promised = 0
        self.connected = asyncio.Event()

    @property
    def room(self) -> int:
        """How many messages may go out now, as the broker allows."""
        if self._session is None:
            return 0
        return self._session.may_be_unanswered - len(self._asked) - self.promised

    def publish(self, n: int, messages: Sequence[tuple[str, bytes]]) -> None:
        """Send message number `n`; what goes before it has no number. Raises MqttError."""
        if self._session is None:
            raise MqttError("no connection")
        for topic, payload in messages[:-1]:
            self._asked[self._session.publish(topic, payload)] = 0
        self._asked[self._session.publish(*messages[-1])] = n

    async def keep(self, doorman: Doorman, stop: asyncio.Event) -> None:
        """Until `stop`: connect, and connect again."""
        while not stop.is_set():
            try:
                await self._connect(doorman)
                await self._stay(stop)
            except (GiamsatError, OSError, TimeoutError) as fault:
                if not loops.is_transient(fault):
                    raise
                log.warning("line_lost", line=self._number, reason=str(fault))
            finally:
                self.connected.clear()
                session, self._session = self._session, None
                if session is not None:
                    session.close()
            if not stop.is_set():
                await asyncio.sleep(RETRY_AFTER_S)

    async def _connect(self, doorman: Doorman) -> None:
        await doorman.admit(self._client)
        session = MqttSession(self._hear, self._answered)
        login = Login(
            self._place.mqtt_host,
            self._place.mqtt_port,
            client_id=f"{self._client.username}-{self._number}",
            username=self._client.username,
            password=self._client.password,
            expiry_s=0,
        )
        await session.connect(login)
        self._asked, self._opened = {}, session
        await session.subscribe(self._client.acks)
        await session.subscribe_to_retained([NONCE])
        self._session = session
        self.connected.set()
        self._ear.on_connected(self._number)

    async def _stay(self, stop: asyncio.Event) -> None:
        session = self._session
        while session is not None and not stop.is_set():
            try:
                async with asyncio.timeout(PING_EVERY_S):
                    await _either(session.lost, stop)
            except TimeoutError:
                session.ping()
            if session.lost.is_set():
                raise MqttError(session.reason)

    def _answered(self, packet_id: int, code: int) -> None:
        n = self._asked.pop(packet_id, 0)
        if n:
            self._ear.on_answer(n, code)

    def _hear(self, topic: str, payload: bytes, packet_id: int | None, _: bool) -> None:
        if packet_id is not None and self._opened is not None:
            self._opened.acknowledge([packet_id])
        try:
            if topic == NONCE:
                self._ear.on_nonce(nonce.decode(payload).nonce)
                return
            for told in acknowledgement.decode(payload):
                self._ear.on_acknowledged(told)
        except msgspec.MsgspecError as fault:
            log.warning("answer_unreadable", topic=topic, reason=str(fault))


async def _either(one: asyncio.Event, other: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(one.wait()), asyncio.ensure_future(other.wait())]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
