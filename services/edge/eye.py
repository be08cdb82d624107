"""The process that looks through one camera: pictures in, what they show out, a line each.

It reads its source from the first line of standard input, then one word a line to trouble a
rendered room. When its input ends, so does it: whoever started it is gone.
"""

import os
import sys
import threading
import time
from typing import Any

import msgspec
from pydantic import TypeAdapter

from services.edge.frames import frames
from services.edge.sources import Film, Room, Source, Stream
from services.edge.troubles import MEND
from services.edge.watch import Look
from shared.domain.states import WatchState
from shared.runtime import clock
from shared.vision.health import CameraHealth
from shared.vision.scene import Scene, Trouble

REOPEN_AFTER_S = 2.0
#: Long enough to know a view and its noise, in so few pictures that a start does not wait for them.
PAST_S = 60
PAST_EVERY_S = 2
_source: TypeAdapter[Any] = TypeAdapter(Source)


def main() -> None:
    device = sys.stdin.readline().strip()
    source: Stream | Film | Room = _source.validate_json(sys.stdin.readline())
    health = CameraHealth()
    room = None
    if isinstance(source, Room):
        room = Scene(source.seed, caption=source.caption)
        learn_past(health, room, until_s=time.monotonic())
    threading.Thread(target=_obey, args=(room,), daemon=True).start()
    while True:
        for frame in frames(source, room=room):
            _say(device, health.update(frame, time.monotonic()).state)
        _say(device, WatchState.SIGNAL_LOSS)
        time.sleep(REOPEN_AFTER_S)


def learn_past(health: CameraHealth, room: Scene, *, until_s: float) -> None:
    """Show it what a camera there saw of late, so that trouble right after a start is found."""
    for back_s in range(PAST_S, 0, -PAST_EVERY_S):
        at_s = until_s - back_s
        if at_s >= 0:
            health.update(room.frame(at_s), at_s)


def _say(device: str, state: WatchState) -> None:
    look = Look(device, state, clock.now_us() // 1000)
    sys.stdout.buffer.write(msgspec.json.encode(look) + b"\n")
    sys.stdout.buffer.flush()


def _obey(room: Scene | None) -> None:
    for line in sys.stdin:
        word = line.strip()
        if room is None:
            continue
        if word == MEND:
            room.mend()
        else:
            room.cause(Trouble(word))
    # No return to the main thread: it may be stuck in a driver.
    os._exit(0)


if __name__ == "__main__":
    main()
