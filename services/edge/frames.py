"""Pictures from a source, two a second."""

import time
from collections.abc import Iterator
from typing import assert_never

from services.edge.sources import Film, Room, Stream
from shared.vision import video
from shared.vision.picture import Frame
from shared.vision.scene import Scene

EVERY_S = 0.5


def frames(source: Stream | Film | Room, *, room: Scene | None = None) -> Iterator[Frame]:
    """Ends when there are no more."""
    match source:
        case Stream():
            yield from video.of_camera(source.url.get_secret_value(), every_s=EVERY_S)
        case Film():
            yield from _paced(video.of_film(source.path, every_s=EVERY_S))
        case Room():
            yield from _paced(_rendered(room or Scene(source.seed, caption=source.caption)))
        case _ as unknown:
            assert_never(unknown)


def _rendered(room: Scene) -> Iterator[Frame]:
    while True:
        yield room.frame(time.monotonic())


def _paced(pictures: Iterator[Frame]) -> Iterator[Frame]:
    due_at = time.monotonic()
    for picture in pictures:
        time.sleep(max(0.0, due_at - time.monotonic()))
        yield picture
        due_at = max(due_at + EVERY_S, time.monotonic())
