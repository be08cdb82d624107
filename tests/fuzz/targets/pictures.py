"""Broken JPEGs, decoded and judged as a camera's; OpenCV is C, so run this where it may die."""

import os
import pickle
from collections.abc import Iterator
from dataclasses import astuple
from functools import cache
from math import isfinite
from typing import Final

import cv2
import numpy as np

from shared.domain.states import WatchState
from shared.vision import jpeg
from shared.vision.health import CameraHealth
from shared.vision.jpeg import PictureError
from shared.vision.picture import Frame
from shared.vision.scene import Scene
from tests.fuzz.records import Record, packed, unpacked

#: Pictures are told apart by what no JPEG has unless it is meant to be the next one's beginning.
_STEPS_S: Final = (1.0, 0.2, 5.0, 60.0, 0.0)
_LEARNED: Final = 1
_LEARNED_S: Final = 30


def seeds() -> list[bytes]:
    pictures = [
        _encoded(64, 48), _encoded(32, 32), _encoded(64, 48, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        _encoded(64, 48, cv2.IMWRITE_JPEG_RST_INTERVAL, 1), _grey(64, 48), _encoded(160, 90),
        _encoded(64, 48, cv2.IMWRITE_JPEG_QUALITY, 5),
    ]  # fmt: skip
    alone = [packed([Record(0, 0, 0, one)]) for one in pictures]
    known = [packed([Record(0, _LEARNED, 0, one)]) for one in pictures]
    return [*alone, *known, packed(Record(0, 0, 0, one) for one in pictures)]


def one(data: bytes) -> None:
    camera: CameraHealth | None = None
    at_s = float(_LEARNED_S)
    for record in unpacked(data):
        at_s += _STEPS_S[record.step % len(_STEPS_S)]
        try:
            frame = jpeg.decode(record.body)
        except PictureError:
            continue
        _lawful_frame(frame)
        if camera is None:
            camera = _camera(record.flags)
        _judge(camera, frame, at_s)


def _lawful_frame(frame: Frame) -> None:
    assert frame.ndim == 2
    assert frame.dtype == np.uint8
    assert frame.size <= jpeg.LARGEST_PIXELS
    assert min(frame.shape) >= jpeg.SMALLEST_SIDE


def _judge(camera: CameraHealth, frame: Frame, at_s: float) -> None:
    verdict = camera.update(frame, at_s)
    assert verdict.state in WatchState
    assert verdict.seen in WatchState
    assert all(isfinite(value) for value in _numbers(astuple(verdict.measures)))


def _numbers(values: tuple[object, ...]) -> Iterator[float]:
    return (float(value) for value in values if isinstance(value, int | float | np.number))


def _camera(flags: int) -> CameraHealth:
    """One that knows its room, or a new one."""
    if not flags & _LEARNED:
        return CameraHealth()
    known: CameraHealth = pickle.loads(_learned())  # noqa: S301 - our own, of a moment ago
    return known


@cache
def _learned() -> bytes:
    camera, scene = CameraHealth(), Scene(1)
    for second in range(_LEARNED_S):
        frame = cv2.resize(scene.frame(float(second)), (64, 48)).astype(np.uint8)
        camera.update(frame, float(second))
    return pickle.dumps(camera)


def _encoded(width: int, height: int, *how: int) -> bytes:
    frame = cv2.resize(Scene(1).frame(0.0), (width, height))
    return cv2.imencode(".jpg", frame, list(how))[1].tobytes()


def _grey(width: int, height: int) -> bytes:
    frame = cv2.resize(Scene(1).frame(0.0), (width, height))
    return cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))[1].tobytes()


os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
