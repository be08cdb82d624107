"""What every gateway for short messages does, and how it says that it did not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

from shared.domain.delivery import Receipt
from shared.runtime.errors import GiamsatError

NO_WAIT: Final = timedelta(0)


class Fault(StrEnum):
    """Why a gateway did not say that it has a message."""

    #: Down, too busy, without money, or it does not know us: nothing was taken over.
    GATEWAY = "gateway"
    #: It takes nothing for this number.
    NUMBER = "number"
    #: It takes no such text.
    TEXT = "text"
    #: It may have taken the message: the answer is lost.
    UNKNOWN = "unknown"


class GatewayError(GiamsatError):
    """`detail` is a code or a kind, never a number or a text. `wait`: no sooner again."""

    def __init__(self, fault: Fault, detail: str, *, wait: timedelta = NO_WAIT) -> None:
        super().__init__(detail, retryable=fault in {Fault.GATEWAY, Fault.UNKNOWN})
        self.fault = fault
        self.detail = detail
        self.wait = wait


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """`key` is the same whenever the same message is handed over: 50 letters at most."""

    number: str
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Under which number a gateway will report on it; `is_repeat`: it had it already."""

    ref: str
    detail: str = ""
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Traits:
    """`is_keyed`: a repeat under the same key is known as one and goes out once."""

    is_keyed: bool
    promises_receipts: bool
    takes_replies: bool


class SmsGateway(Protocol):
    """One provider, or one modem."""

    @property
    def name(self) -> str:
        """As the settings call it."""
        ...

    @property
    def traits(self) -> Traits:
        """What can be relied on."""
        ...

    async def send(self, message: ShortMessage) -> Taken:
        """Hand it over once. Raises GatewayError."""
        ...

    async def close(self) -> None:
        """Nothing more will be sent."""
        ...


@dataclass(frozen=True, slots=True)
class Reported:
    """What a gateway says of a message it took."""

    ref: str
    receipt: Receipt
    detail: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that was reported as delivered: by whom, and under which number."""

    gateway: str
    ref: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody sent to us. The same `ref` is the same message."""

    ref: str
    sender: str
    body: str


class NotKeptError(GiamsatError):
    """What was heard could not be written down; whoever said it must say it again."""

    def __init__(self) -> None:
        super().__init__("could not be written down", retryable=True)


#: Writes down what was heard; only afterwards the gateway is told that we have it. Raises
#: NotKeptError.
Hear = Callable[[Reported | Answered], Awaitable[None]]


class Listening(Protocol):
    """A gateway that speaks to us over a line of our own, not over the console's address."""

    async def listen(self, hear: Hear) -> None:
        """Until the line breaks: then it raises GatewayError, and is called again."""
        ...
