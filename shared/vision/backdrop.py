"""The still part of a rendered room: walls, floor, window and furniture, by seed."""

from itertools import pairwise
from typing import TypeAlias, cast

import cv2
import numpy as np

from shared.vision.picture import Frame, Plane

WIDTH, HEIGHT = 640, 360
Colour: TypeAlias = tuple[int, int, int]

# Where the floor begins, as a share of the height.
HORIZON = (0.48, 0.6)
FLOOR_TILE_PX = 46
# Large soft patches, as paper or cloth close to the lens gives.
COVER_GRAIN_PX = 28.0
COVER_CONTRAST = 18.0


def paint_room(rng: np.random.Generator) -> Frame:
    room = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    horizon = int(HEIGHT * rng.uniform(*HORIZON))
    room[:horizon] = _pale(rng)
    _paint_floor(room, horizon, rng)
    for _ in range(5):
        _paint_poster(room, horizon, rng)
    _paint_window(room, int(rng.integers(40, 120)), rng)
    _paint_shelf(room, int(rng.integers(330, 420)), horizon, rng)
    for column in range(3):
        _paint_bed(room, 60 + column * 190 + int(rng.integers(-25, 25)), horizon, rng)
    # A lens is never as sharp as a drawing.
    return cast("Frame", cv2.GaussianBlur(room, (0, 0), 0.8))


def paint_cover(rng: np.random.Generator) -> Plane:
    """Something close to the lens: out of focus, of one colour."""
    grain = rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)
    soft = cv2.GaussianBlur(grain, (0, 0), COVER_GRAIN_PX)
    relief: Plane = soft * np.float32(COVER_CONTRAST / soft.std())
    return relief[:, :, np.newaxis] + np.array(_middling(rng), np.float32)


def _paint_floor(room: Frame, horizon: int, rng: np.random.Generator) -> None:
    light, dark = _middling(rng), _middling(rng)
    room[horizon:] = light
    for x in range(-WIDTH, 2 * WIDTH, FLOOR_TILE_PX):
        vanishing = WIDTH // 2 + (x - WIDTH // 2) // 3
        cv2.line(room, (x, HEIGHT), (vanishing, horizon), dark, 1, cv2.LINE_AA)
    for step in range(1, 8):
        y = horizon + (HEIGHT - horizon) * step * step // 64
        cv2.line(room, (0, y), (WIDTH, y), dark, 1, cv2.LINE_AA)
    cv2.rectangle(room, (0, horizon - 5), (WIDTH, horizon), _dark(rng), -1)


def _paint_window(room: Frame, left: int, rng: np.random.Generator) -> None:
    right, top, bottom = left + 130, 30, 30 + int(rng.integers(85, 105))
    cv2.rectangle(room, (left, top), (right, bottom), (236, 232, 222), -1)
    for x in (left, (left + right) // 2, right):
        cv2.line(room, (x, top), (x, bottom), (120, 140, 150), 4)
    for y in (top, (top + bottom) // 2, bottom):
        cv2.line(room, (left, y), (right, y), (120, 140, 150), 4)


def _paint_shelf(room: Frame, left: int, horizon: int, rng: np.random.Generator) -> None:
    right, top = left + 170, 70
    cv2.rectangle(room, (left, top), (right, horizon + 20), (70, 110, 150), -1)
    boards = np.linspace(top, horizon + 20, 4).astype(int)
    for upper, lower in pairwise(boards):
        x = left + 4
        while x < right - 14:
            thickness, height = int(rng.integers(5, 13)), int(rng.integers(18, lower - upper - 4))
            corner, opposite = (x, lower - 3 - height), (x + thickness, lower - 3)
            cv2.rectangle(room, corner, opposite, _vivid(rng), -1)
            x += thickness + int(rng.integers(1, 5))
        cv2.line(room, (left, int(lower)), (right, int(lower)), (40, 70, 100), 3)


def _paint_poster(room: Frame, horizon: int, rng: np.random.Generator) -> None:
    left, top = int(rng.integers(0, WIDTH - 50)), int(rng.integers(8, horizon - 70))
    cv2.rectangle(room, (left, top), (left + 44, top + 34), (245, 245, 245), -1)
    for _ in range(6):
        centre = (left + int(rng.integers(6, 38)), top + int(rng.integers(6, 28)))
        cv2.circle(room, centre, int(rng.integers(2, 6)), _vivid(rng), -1, cv2.LINE_AA)


def _paint_bed(room: Frame, left: int, horizon: int, rng: np.random.Generator) -> None:
    top = horizon + int(rng.integers(25, 60))
    cv2.rectangle(room, (left, top), (left + 120, top + 45), _vivid(rng), -1)
    cv2.rectangle(room, (left + 4, top + 4), (left + 34, top + 24), (240, 240, 240), -1)
    cv2.rectangle(room, (left, top), (left + 120, top + 45), _dark(rng), 2)
    for x in range(left, left + 121, 15):
        cv2.line(room, (x, top), (x, top - 16), _dark(rng), 2)


def _pale(rng: np.random.Generator) -> Colour:
    return _colour(rng, 175, 215)


def _middling(rng: np.random.Generator) -> Colour:
    return _colour(rng, 90, 160)


def _dark(rng: np.random.Generator) -> Colour:
    return _colour(rng, 30, 80)


def _vivid(rng: np.random.Generator) -> Colour:
    return _colour(rng, 30, 230)


def _colour(rng: np.random.Generator, low: int, high: int) -> Colour:
    blue, green, red = (int(level) for level in rng.integers(low, high, 3))
    return blue, green, red
