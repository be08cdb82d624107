"""The whole plan of a run, in order: what begins to be true, and which message is due when.

It is worked out while it goes, from nothing but the seed and the options.
"""

import heapq
from collections.abc import Iterable, Iterator

import msgspec

from services.cli.simulate.cast import Device, Facility
from services.cli.simulate.life import Watch
from services.cli.simulate.options import Options
from services.cli.simulate.speech import Breath, Send, breaths


class Begun(msgspec.Struct, frozen=True, gc=False):
    """A device watches from now on, until the end of this watch."""

    device: Device
    watch: Watch


Step = Begun | Send


def plan(cast: Iterable[Facility], options: Options) -> Iterator[Step]:
    """Every step, sends by when they are due; a watch begins before the first message tells it."""
    sends = 0
    for step in in_order(breaths(voice, options) for facility in cast for voice in facility.voices):
        yield step
        if isinstance(step, Send):
            sends += 1
            if sends == options.messages:
                return


def in_order(voices: Iterable[Iterator[Breath]]) -> Iterator[Step]:
    """The breaths of all voices, in one order of time."""
    held: list[tuple[int, int, Send]] = []
    count = 0
    for breath in heapq.merge(*voices, key=lambda breath: breath.at_us):
        while held and held[0][0] < breath.at_us:
            yield heapq.heappop(held)[2]
        for device, watch in breath.watches:
            yield Begun(device, watch)
        for send in breath.sends:
            count += 1
            heapq.heappush(held, (send.due_us, count, send))
    while held:
        yield heapq.heappop(held)[2]
