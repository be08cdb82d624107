"""What every dialect is given: a planned message, and the moment in which it really leaves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from services.cli.simulate.cast import Device
from services.cli.simulate.speech import Send
from shared.contracts.signing import Signed
from shared.contracts.topics import ROOT

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Published: TypeAlias = Sequence[tuple[str, bytes]]
#: Signs for a device: what it says, to its signature in base64.
Sign: TypeAlias = Callable[[Device, Signed], str]


@dataclass(slots=True)
class Moment:
    """All that a plan cannot know: when the run began, what time it is, which nonce is in force."""

    start_us: int
    now_us: int
    sign: Sign
    nonce: str = ""


#: Topics and payloads of one planned message.
Encode: TypeAlias = Callable[[Send, Moment], Published]


def below(send: Send, prefix: str, topic: str) -> str:
    """A foreign topic, below the topic of whoever publishes it."""
    voice = send.voice
    return "/".join(filter(None, (ROOT, voice.facility, voice.speaker, prefix, topic)))


def written(at_us: int) -> str:
    """ISO 8601, in UTC, to the millisecond."""
    return (_EPOCH + timedelta(microseconds=at_us)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
