"""Our own message through the broker, once a second: how far we can know, and when we could not.

A canary that is committed proves that whatever was sent before it has been committed too. Two
canaries far apart prove that nothing could have come through between them: we were blind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: A shorter silence of the canary is a restart; queues bridge it.
BLIND_AFTER_US: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Sight:
    """What the canaries of one flush tell."""

    seen_until_us: int
    blind_us: tuple[tuple[int, int], ...]


def look(canaries_us: Sequence[int], *, seen_until_us: int) -> Sight:
    """How far one sees after these canaries, and the blind times between them."""
    blind: list[tuple[int, int]] = []
    for sent_us in canaries_us:
        if sent_us - seen_until_us > BLIND_AFTER_US:
            blind.append((seen_until_us, sent_us))
        seen_until_us = max(seen_until_us, sent_us)
    return Sight(seen_until_us, tuple(blind))
