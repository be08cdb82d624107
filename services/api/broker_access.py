"""Tells the broker's dynamic security plugin whom to admit; the one module that speaks to it.

waiting ──connected, subscribed──▶ connected ──connection lost──▶ waiting (a second's pause)
"""

import asyncio
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import aiomqtt
from aiomqtt import ProtocolVersion

from shared.contracts import dynsec
from shared.contracts.topics import BROKER_DROPPED, Rights
from shared.runtime import logging, loops
from shared.runtime.errors import GiamsatError

log = logging.get(__name__)

COMMANDS: Final = "$CONTROL/dynamic-security/v1"
RESPONSES: Final = "$CONTROL/dynamic-security/v1/response"
#: What we asked for is so already.
_SO_ALREADY: Final = frozenset({"Client not found", "Role already exists"})

#: A message of so many commands is far below what the broker takes.
_MOST_AT_ONCE: Final = 1000

Command = dict[str, Any]
#: What the broker would not do, and why.
Failures = Mapping[str, str]


class BrokerUnavailableError(GiamsatError):
    """The broker did not answer in time; what it did is not known."""

    def __init__(self) -> None:
        super().__init__("the broker does not answer", retryable=True)


class BrokerRefusedError(GiamsatError):
    """The broker answered, and would not."""

    def __init__(self, reasons: Iterable[str]) -> None:
        super().__init__(f"the broker refused: {'; '.join(reasons)}")


class BrokerAccess:
    """One connection as the registry; `run` keeps it, the rest uses it."""

    def __init__(
        self, *, host: str, port: int, username: str, password: str, timeout_s: float = 5
    ) -> None:
        self._address = (host, port)
        self._login = (username, password)
        self._timeout_s = timeout_s
        self._client: aiomqtt.Client | None = None
        self._connected = asyncio.Event()
        self._connections = 0
        self._dropped: int | None = None
        self._asked: dict[str, asyncio.Future[Failures | None]] = {}

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    @property
    def connections(self) -> int:
        """How many there were: at each new one the broker may have forgotten who is suspended."""
        return self._connections

    @property
    def dropped(self) -> int | None:
        """How many messages the broker says it threw away; absent until it has said so."""
        return self._dropped

    async def run(self, stop: asyncio.Event) -> None:
        """Stay connected until `stop` is set."""
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep(stop), name="broker-access")
            await stop.wait()
            # On Python 3.11 a connection that comes about at this very moment swallows the first.
            while not keeping.done():
                keeping.cancel()
                await asyncio.wait({keeping}, timeout=1)

    async def admit(self, username: str, password: str, rights: Rights) -> None:
        """From now on the broker takes this client, with this password only.

        Whatever it knew of the client goes first, in the same message, and a live session of it
        ends: doing this twice is doing it once. Other names of the same device stay as they are.
        """
        await self._ask(*_admission(username, password, rights))

    async def announce(self, username: str, password: str, rights: Rights) -> None:
        """The same, but the broker refuses this name until `resume`."""
        await self._ask(
            *_admission(username, password, rights),
            {"command": "disableClient", "username": username},
        )

    async def revoke(self, usernames: Iterable[str]) -> None:
        """The broker knows these clients no more, and their sessions end."""
        await self._each("deleteClient", usernames)

    async def suspend(self, usernames: Iterable[str]) -> None:
        """The broker refuses these clients until `resume`, and their sessions end at once.

        It remembers that for as long as its access file lasts.
        """
        await self._each("disableClient", usernames)

    async def resume(self, usernames: Iterable[str]) -> None:
        """The broker takes these clients again; whom it does not know, it does not get to know."""
        await self._each("enableClient", usernames)

    async def _each(self, command: str, usernames: Iterable[str]) -> None:
        """Not too many in one message, which the broker would refuse as a whole."""
        commands = [{"command": command, "username": username} for username in usernames]
        for begin in range(0, len(commands), _MOST_AT_ONCE):
            await self._ask(*commands[begin : begin + _MOST_AT_ONCE])

    async def _ask(self, *commands: Command) -> None:
        """All of the commands in one message: the broker does them at once and answers once."""
        question = secrets.token_hex(8)
        body = [{**command, "correlationData": question} for command in commands]
        answer: asyncio.Future[Failures | None] = asyncio.get_running_loop().create_future()
        self._asked[question] = answer
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._connected.wait()
                assert self._client is not None  # noqa: S101 - set before `_connected`
                await self._client.publish(COMMANDS, json.dumps({"commands": body}), qos=1)
                failures = await answer
        except (TimeoutError, aiomqtt.MqttError) as exc:
            raise BrokerUnavailableError from exc
        finally:
            del self._asked[question]
        if failures is None:
            raise BrokerUnavailableError
        if failures:
            raise BrokerRefusedError(f"{command}: {why}" for command, why in failures.items())

    async def _keep(self, stop: asyncio.Event) -> None:
        was_connected = True
        while not stop.is_set():
            try:
                await self._converse()
            except aiomqtt.MqttError as exc:
                if was_connected or self.is_connected:
                    log.warning("broker_access_lost", reason=str(exc))
                was_connected = False
            finally:
                self._connected.clear()
                self._client = None
                self._give_up()
            await loops.pause(1, stop)

    async def _converse(self) -> None:
        host, port = self._address
        username, password = self._login
        async with aiomqtt.Client(
            host,
            port,
            username=username,
            password=password,
            protocol=ProtocolVersion.V5,
            timeout=self._timeout_s,
        ) as client:
            await client.subscribe([(RESPONSES, 1), (BROKER_DROPPED, 0)])
            self._client = client
            self._connections += 1
            self._connected.set()
            log.info("broker_access_gained")
            async for message in client.messages:
                if isinstance(message.payload, bytes):
                    self._hear(message.topic.value, message.payload)

    def _hear(self, topic: str, payload: bytes) -> None:
        if topic == BROKER_DROPPED:
            self._dropped = int(payload)
        else:
            self._settle(json.loads(payload)["responses"])

    def _settle(self, responses: Sequence[Mapping[str, str]]) -> None:
        """Answers reach everyone who may steer the broker, so some are not to us."""
        questions = {response.get("correlationData", "") for response in responses}
        failures = {
            response["command"]: response["error"]
            for response in responses
            if "error" in response and response["error"] not in _SO_ALREADY
        }
        for question in questions & self._asked.keys():
            if not self._asked[question].done():
                self._asked[question].set_result(failures)

    def _give_up(self) -> None:
        """Whoever still waits for an answer on a lost connection waits in vain."""
        for answer in self._asked.values():
            if not answer.done():
                answer.set_result(None)


def _admission(username: str, password: str, rights: Rights) -> tuple[Command, ...]:
    """Roles are never deleted while the broker runs: Mosquitto 2.0 goes on using the memory of one
    that a client still holds, and crashes some time later. What nobody holds is gone at its start.
    """
    role = dynsec.rolename(username)
    return (
        {"command": "deleteClient", "username": username},
        {"command": "createRole", "rolename": role, "acls": dynsec.acls(rights)},
        {
            "command": "createClient",
            "username": username,
            "password": password,
            "roles": [{"rolename": role, "priority": 0}],
        },
    )
