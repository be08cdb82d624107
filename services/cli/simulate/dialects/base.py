"""What every dialect is given: a planned message, and the moment in which it really leaves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from services.cli.simulate.cast import Device
from services.cli.simulate.speech import Send
from shared.contracts.signing import Signed

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
