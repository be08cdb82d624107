"""Our own message through the broker, once a second: how far we can know, and when we could not.

A canary that is committed proves that whatever was sent before it has been committed too. Two
canaries far apart prove that nothing could have come through between them: we were blind. So were
we while one was long on its way: a broker that hangs turns devices away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.intervals import normal

#: A shorter silence of the canary is a restart; queues bridge it.
BLIND_AFTER_US: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Canary:
    """One that came back: when we sent it, and when the broker gave it to us."""

    sent_us: int
    received_us: int


@dataclass(frozen=True, slots=True)
class Sight:
    """What the canaries of one flush tell."""

    seen_until_us: int
    blind_us: tuple[tuple[int, int], ...]


#: The broker kept for us what came, and somebody else saw that it was there all the time.
UNLIMITED_US: Final = 1 << 62


def look(
    canaries: Sequence[Canary], *, seen_until_us: int, patience_us: int = BLIND_AFTER_US
) -> Sight:
    """How far one sees after these canaries, and the blind times between and behind them.

    `patience_us` is how long a silence before the first of them may be: none at all if the broker
    has forgotten our session, for then nothing was kept for us; unlimited for the session of a
    dead worker, which the broker kept while our own canaries show that it was there.
    """
    blind: list[tuple[int, int]] = []
    for number, canary in enumerate(canaries):
        if canary.sent_us - seen_until_us > (BLIND_AFTER_US if number else patience_us):
            blind.append((seen_until_us, canary.sent_us))
        seen_until_us = max(seen_until_us, canary.sent_us)
        # One that is handed over again tells nothing new: what came since has proved more.
        if canary.received_us - seen_until_us > BLIND_AFTER_US:
            blind.append((seen_until_us, canary.received_us))
    return Sight(seen_until_us, normal(blind))
