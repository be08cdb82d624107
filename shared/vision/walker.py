"""A person-like figure that wanders through a rendered room."""

import cv2
import numpy as np

from shared.vision.backdrop import HEIGHT, WIDTH, Colour
from shared.vision.picture import Frame

# Two unequal periods, so that a path repeats only after a long time.
PERIOD_ACROSS_S = (37.0, 70.0)
PERIOD_DEPTH_S = (53.0, 110.0)
STEP_PERIOD_S = 1.1
# Feet, as shares of the height: from the back of the room to the front.
FARTHEST, NEAREST = 0.68, 0.98
# A figure at the back and at the front, in pixels from head to foot.
SMALLEST_PX, TALLEST_PX = 90.0, 170.0
SKIN: Colour = (120, 150, 200)


class Walker:
    """Where it is depends on nothing but the second."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._across_s, self._depth_s = rng.uniform(*PERIOD_ACROSS_S), rng.uniform(*PERIOD_DEPTH_S)
        self._phase = rng.uniform(0, 2 * np.pi, 2)
        self._shirt, self._trousers = _clothes(rng), _clothes(rng)

    def draw(self, view: Frame, at_s: float) -> None:
        across = 0.5 + 0.42 * np.sin(2 * np.pi * at_s / self._across_s + self._phase[0])
        depth = 0.5 + 0.5 * np.sin(2 * np.pi * at_s / self._depth_s + self._phase[1])
        height = SMALLEST_PX + (TALLEST_PX - SMALLEST_PX) * depth
        sway = 0.03 * height * np.sin(2 * np.pi * at_s / STEP_PERIOD_S)
        x = WIDTH * across + sway
        foot = HEIGHT * (FARTHEST + (NEAREST - FARTHEST) * depth)
        self._draw_figure(view, float(x), float(foot), float(height))

    def _draw_figure(self, view: Frame, x: float, foot: float, height: float) -> None:
        def ellipse(up: float, wide: float, tall: float, colour: Colour) -> None:
            centre = (round(x), round(foot - up * height))
            axes = (round(wide * height), round(tall * height))
            cv2.ellipse(view, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)

        ellipse(0.25, 0.10, 0.25, self._trousers)
        ellipse(0.60, 0.13, 0.22, self._shirt)
        ellipse(0.90, 0.07, 0.10, SKIN)


def _clothes(rng: np.random.Generator) -> Colour:
    blue, green, red = (int(level) for level in rng.integers(20, 200, 3))
    return blue, green, red
