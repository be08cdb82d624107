"""Frames of a film or of a network camera, at the pace at which they are to be judged."""

import time
from collections.abc import Iterator
from typing import cast

import cv2

from shared.vision.picture import Frame

OPEN_WITHIN_MS = 8_000
READ_WITHIN_MS = 8_000
#: A film that does not say how fast it runs.
USUAL_FPS = 25.0


def of_camera(url: str, *, every_s: float) -> Iterator[Frame]:
    """Frames of a live stream; the iterator ends when the stream does.

    Every picture is taken off the stream, or those that are judged would be ever older.
    """
    capture = cv2.VideoCapture(
        url,
        cv2.CAP_FFMPEG,
        [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_WITHIN_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_WITHIN_MS,
        ],
    )  # fmt: skip
    try:
        due_at = time.monotonic()
        while capture.isOpened() and capture.grab():
            if time.monotonic() < due_at:
                continue
            has_picture, frame = capture.retrieve()
            if not has_picture:
                return
            due_at = time.monotonic() + every_s
            yield cast("Frame", frame)
    finally:
        capture.release()


def of_film(path: str, *, every_s: float) -> Iterator[Frame]:
    """Frames of a file, from the beginning again after the end; the caller keeps the pace."""
    capture = cv2.VideoCapture(path)
    try:
        step = max(1, round((capture.get(cv2.CAP_PROP_FPS) or USUAL_FPS) * every_s))
        position = 0
        while capture.isOpened():
            has_picture, frame = capture.read()
            if not has_picture:
                if position == 0:
                    return
                position = 0
                capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
                continue
            if position % step == 0:
                yield cast("Frame", frame)
            position += 1
    finally:
        capture.release()
