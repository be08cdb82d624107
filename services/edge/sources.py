"""Where a camera's pictures come from: a live stream, a film, or a rendered room."""

import time
from collections.abc import Iterator
from typing import Annotated, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.vision import video
from shared.vision.picture import Frame
from shared.vision.scene import Scene

EVERY_S = 0.5


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stream(_Source):
    """A network camera; the address may hold its password."""

    kind: Literal["stream"] = "stream"
    url: SecretStr


class Film(_Source):
    """A file, shown again and again."""

    kind: Literal["film"] = "film"
    path: str


class Room(_Source):
    """A rendered room, for trying things out."""

    kind: Literal["room"] = "room"
    seed: int = 1
    caption: str | None = None


Source = Annotated[Stream | Film | Room, Field(discriminator="kind")]


def frames(source: Source, *, room: Scene | None = None) -> Iterator[Frame]:
    """Two pictures a second; ends when there are no more."""
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
