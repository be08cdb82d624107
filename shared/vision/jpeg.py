"""A small JPEG from a camera that cannot judge itself, decoded to a grey frame."""

from typing import cast

import cv2
import numpy as np

from shared.vision.picture import Frame

# A 640x360 snapshot of good quality is under 100 kB.
LARGEST_BYTES = 512 * 1024
# Checked in the header before decoding, so that a small file cannot unpack into gigabytes.
LARGEST_PIXELS = 2048 * 2048
SMALLEST_SIDE = 32
START_OF_IMAGE = b"\xff\xd8"
# Markers C0 to CF start a frame, except these three: tables and arithmetic conditioning.
NOT_A_FRAME = (0xC4, 0xC8, 0xCC)
# Any number of these may stand before a marker.
FILL = 0xFF
# These have no length behind them, and none belongs before the frame. A decoder steps over some;
# whoever took what follows for a length would find another header than the decoder does.
WITHOUT_LENGTH = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})
START_OF_SCAN = b"\xff\xda"
# A progressive picture has ten. Each goes over the whole picture however little it says, so
# thousands in a small file would keep us busy for seconds.
MOST_SCANS = 16


class PictureError(ValueError):
    """The bytes are no picture that may be judged; `reason` is fit for a log field."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode(jpeg: bytes) -> Frame:
    if len(jpeg) > LARGEST_BYTES:
        raise PictureError("too_many_bytes")
    width, height = _size(jpeg)
    if min(width, height) < SMALLEST_SIDE:
        raise PictureError("too_small")
    if width * height > LARGEST_PIXELS:
        raise PictureError("too_many_pixels")
    if jpeg.count(START_OF_SCAN) > MOST_SCANS:
        raise PictureError("too_many_scans")
    frame = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    if frame is None:
        raise PictureError("damaged")
    return cast("Frame", frame)


def _size(jpeg: bytes) -> tuple[int, int]:
    """Width and height from the first frame header; segments before it are skipped."""
    if not jpeg.startswith(START_OF_IMAGE):
        raise PictureError("no_jpeg")
    at = 2
    while at + 9 <= len(jpeg):
        if jpeg[at] != 0xFF:
            raise PictureError("damaged")
        marker = jpeg[at + 1]
        if marker == FILL:
            at += 1
            continue
        if marker in WITHOUT_LENGTH:
            raise PictureError("damaged")
        if 0xC0 <= marker <= 0xCF and marker not in NOT_A_FRAME:
            height, width = jpeg[at + 5 : at + 7], jpeg[at + 7 : at + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    raise PictureError("damaged")
