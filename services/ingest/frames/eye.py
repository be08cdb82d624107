"""The process that looks at pictures: a picture in, what it shows out. It keeps no picture.

When its input ends, so does it: whoever started it is gone.
"""

import sys
from collections import OrderedDict
from typing import BinaryIO, Final

from services.ingest.frames.wire import (
    LENGTH_BYTES,
    Picture,
    Seen,
    decode_picture,
    framed,
)
from shared.vision import jpeg
from shared.vision.health import CameraHealth
from shared.vision.jpeg import PictureError

#: Cameras whose view is remembered, the latest ones; each needs about a megabyte.
MOST_CAMERAS: Final = 300


class Eye:
    """What every camera looked like lately."""

    def __init__(self) -> None:
        self._cameras: OrderedDict[int, CameraHealth] = OrderedDict()

    def look(self, picture: Picture) -> Seen:
        try:
            frame = jpeg.decode(picture.jpeg)
        except PictureError as exc:
            return Seen(picture.device_id, None, exc.reason)
        health = self._cameras.pop(picture.device_id, None) or CameraHealth()
        self._cameras[picture.device_id] = health
        if len(self._cameras) > MOST_CAMERAS:
            self._cameras.popitem(last=False)
        return Seen(picture.device_id, health.update(frame, picture.at_s).state)


def main(source: BinaryIO, sink: BinaryIO) -> None:
    eye = Eye()
    while head := source.read(LENGTH_BYTES):
        body = source.read(int.from_bytes(head, "big"))
        sink.write(framed(eye.look(decode_picture(body))))
        sink.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
