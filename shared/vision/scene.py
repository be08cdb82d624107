"""A rendered room with people in it, and trouble on request, for the demo and the tests."""

from enum import StrEnum, auto
from typing import assert_never, cast

import cv2
import numpy as np

from shared.vision.backdrop import HEIGHT, WIDTH, paint_cover, paint_room
from shared.vision.picture import Frame, Plane
from shared.vision.walker import Walker

# Standard deviation of one pixel in grey levels: an ordinary sensor in a lit room.
SENSOR_NOISE = 2.5
# Window light drifts by a quarter over some minutes, as clouds pass.
DRIFT_SHARE = 0.12
DRIFT_PERIOD_S = 420.0
# What is left of the light when the lens is in the dark.
DARKNESS = 0.03
BLUR_PX = 6.0
# The share of the view, from the left, that a cover hides.
COVERED_SHARE = 0.93
MOST_PEOPLE = 2
SECONDS_PER_DAY = 86_400


class Trouble(StrEnum):
    """What the demo can do to a camera."""

    COVER = auto()
    DARKEN = auto()
    BLUR = auto()
    FREEZE = auto()


class Scene:
    """The same seed and second always give the same picture, while there is no trouble."""

    def __init__(self, seed: int, *, caption: str | None = None) -> None:
        rng = np.random.default_rng(seed)
        self._seed = seed
        self._caption = caption
        self._room = paint_room(rng)
        self._cover = paint_cover(rng)
        self._people = [Walker(rng) for _ in range(int(rng.integers(1, MOST_PEOPLE + 1)))]
        self._light_phase = float(rng.uniform(0, DRIFT_PERIOD_S))
        # Twice the picture: each frame takes a part of it at a place of its own.
        self._noise = rng.normal(0, SENSOR_NOISE, (2 * HEIGHT, 2 * WIDTH)).astype(np.float32)
        self._trouble: Trouble | None = None
        self._frozen: Frame | None = None

    def cause(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._frozen = None

    def mend(self) -> None:
        self._trouble = None

    def frame(self, at_s: float) -> Frame:
        """640x360 BGR; `at_s` also sets the clock of the caption."""
        if self._trouble is not Trouble.FREEZE:
            return self._render(at_s)
        if self._frozen is None:
            self._frozen = self._render(at_s)
        return self._frozen.copy()

    def _render(self, at_s: float) -> Frame:
        view = self._room.copy()
        for person in self._people:
            person.draw(view, at_s)
        seen = self._through_lens(view.astype(np.float32) * self._light(at_s))
        frame: Frame = np.clip(seen + self._noise_at(at_s), 0, 255).astype(np.uint8)
        self._write_caption(frame, at_s)
        return frame

    def _light(self, at_s: float) -> np.float32:
        turn = 2 * np.pi * (at_s + self._light_phase) / DRIFT_PERIOD_S
        return np.float32(1 - DRIFT_SHARE + DRIFT_SHARE * np.sin(turn))

    def _through_lens(self, lit: Plane) -> Plane:
        match self._trouble:
            case None | Trouble.FREEZE:
                return lit
            case Trouble.DARKEN:
                return lit * np.float32(DARKNESS)
            case Trouble.BLUR:
                return cast("Plane", cv2.GaussianBlur(lit, (0, 0), BLUR_PX))
            case Trouble.COVER:
                edge = round(WIDTH * COVERED_SHARE)
                return np.hstack([self._cover[:, :edge], lit[:, edge:]])
            case _ as unknown:
                assert_never(unknown)

    def _noise_at(self, at_s: float) -> Plane:
        rng = np.random.default_rng((self._seed, round(at_s * 1000)))
        top, left = int(rng.integers(HEIGHT)), int(rng.integers(WIDTH))
        return self._noise[top : top + HEIGHT, left : left + WIDTH, np.newaxis]

    def _write_caption(self, frame: Frame, at_s: float) -> None:
        if self._caption is None:
            return
        second = int(at_s) % SECONDS_PER_DAY
        clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        place, font = (10, HEIGHT - 12), cv2.FONT_HERSHEY_SIMPLEX
        text = f"{self._caption} {clock}"
        # Recorders outline their text, so that it can be read on any background.
        cv2.putText(frame, text, place, font, 0.5, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.putText(frame, text, place, font, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
