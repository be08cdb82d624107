"""The gateway's MQTT 5 connection: says of each message whether it was really delivered.

The one module here that knows aiomqtt.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiomqtt

from shared.runtime.errors import GiamsatError

_NO_MATCHING_SUBSCRIBERS = 0x10
_FIRST_FAILURE = 0x80
KEEPALIVE_S = 30
ANSWER_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Account:
    """Where the broker is, and as whom to log in."""

    host: str
    port: int
    username: str
    password: str
    #: Two connections of one account must not push each other out.
    errand: str = ""


class LinkError(GiamsatError):
    """The connection was refused or lost."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"No connection to the broker: {reason}", retryable=True)


def is_delivered(reason_code: int) -> bool:
    """0x10 says that nobody listened; from 0x80 on the broker refused."""
    return reason_code != _NO_MATCHING_SUBSCRIBERS and reason_code < _FIRST_FAILURE


class _Client(aiomqtt.Client):
    """aiomqtt drops the reason code of a PUBACK; this keeps the last one."""

    reason_code = 0

    def _on_publish(
        self, client: Any, userdata: Any, mid: int, reason_code: Any, properties: Any
    ) -> None:
        self.reason_code = reason_code.value
        super()._on_publish(client, userdata, mid, reason_code, properties)

    def forget_loss(self) -> None:
        """A lost connection was told by whoever published; asyncio need not tell it again."""
        if self._disconnected.done() and not self._disconnected.cancelled():
            self._disconnected.exception()


class Link:
    """An open connection."""

    def __init__(self, client: _Client) -> None:
        self._client = client
        self._one_at_a_time = asyncio.Lock()

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Whether it was delivered. Raises LinkError if that cannot be known."""
        try:
            async with self._one_at_a_time, asyncio.timeout(ANSWER_WITHIN_S):
                await self._client.publish(topic, payload, qos=1, retain=retain)
        except (aiomqtt.MqttError, TimeoutError) as exc:
            raise LinkError(str(exc) or "no answer") from exc
        _heed_cancellation()
        return is_delivered(self._client.reason_code)

    async def subscribe(self, filters: Sequence[str]) -> Sequence[str]:
        """Hear what is said on these topics; returns those that the broker denies us."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                codes = await self._client.subscribe([(each, 0) for each in filters])
        except (aiomqtt.MqttError, TimeoutError) as exc:
            raise LinkError(str(exc) or "no answer") from exc
        _heed_cancellation()
        answers = zip(filters, codes, strict=True)
        return [each for each, code in answers if _number(code) >= _FIRST_FAILURE]

    async def heard(self) -> AsyncIterator[tuple[str, bytes]]:
        """(topic, payload) of each message for us. Raises LinkError when the connection is lost."""
        try:
            async for message in self._client.messages:
                if isinstance(message.payload, bytes):
                    yield message.topic.value, message.payload
        except aiomqtt.MqttError as exc:
            raise LinkError(str(exc)) from exc


@asynccontextmanager
async def opened(account: Account) -> AsyncIterator[Link]:
    """A connection for the length of the block."""
    client = _Client(
        account.host,
        account.port,
        username=account.username,
        password=account.password,
        identifier=account.username + account.errand,
        protocol=aiomqtt.ProtocolVersion.V5,
        keepalive=KEEPALIVE_S,
        timeout=ANSWER_WITHIN_S,
    )
    try:
        await client.__aenter__()
    except aiomqtt.MqttError as exc:
        raise LinkError(str(exc)) from exc
    try:
        _heed_cancellation()
        yield Link(client)
    finally:
        await _closed(client)
        _heed_cancellation()


def _number(code: Any) -> int:
    """MQTT 5 answers with objects; 3.1.1 with plain numbers."""
    return int(getattr(code, "value", code))


def _heed_cancellation() -> None:
    """A cancellation must not be lost, or we would never stop.

    aiomqtt waits with `asyncio.wait_for`, which before Python 3.12 forgets a cancellation that
    comes in the same moment as the answer.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _closed(client: _Client) -> None:
    with suppress(aiomqtt.MqttError):  # It was gone already.
        await client.__aexit__(None, None, None)
    client.forget_loss()
