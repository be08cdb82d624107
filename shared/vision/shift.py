"""Whether the whole view slid a little: too little to lose its edges, more than it shakes."""

from itertools import product

import cv2
import numpy as np

from shared.vision.picture import HEIGHT, WIDTH, Picture, Plane

# Quarters of the picture: a turned or tilted view slides in most of them, a person in one.
HALF_HEIGHT, HALF_WIDTH = HEIGHT // 2, WIDTH // 2
MOST_QUARTERS = 3
# In pixels of the small picture: wind and passing lorries shake a camera by less than two.
SHORTEST_SLIDE_PX = 2.5
# Beyond a quarter of a quarter the correlation finds chance matches.
LONGEST_SLIDE_PX = 40.0
# The height of the correlation peak: chance matches stay below a tenth.
CLEAR_PEAK = 0.15
TAPER = cv2.createHanningWindow((HALF_WIDTH, HALF_HEIGHT), cv2.CV_32F)


def has_slid(picture: Picture, edge_x: Plane, edge_y: Plane) -> bool:
    now, usual = _strength(picture.edge_x, picture.edge_y), _strength(edge_x, edge_y)
    corners = product((0, HALF_HEIGHT), (0, HALF_WIDTH))
    return sum(_quarter_slid(now, usual, *corner) for corner in corners) >= MOST_QUARTERS


def _quarter_slid(now: Plane, usual: Plane, top: int, left: int) -> bool:
    quarter = np.s_[top : top + HALF_HEIGHT, left : left + HALF_WIDTH]
    (across, down), peak = cv2.phaseCorrelate(
        np.ascontiguousarray(usual[quarter]), np.ascontiguousarray(now[quarter]), TAPER
    )
    slide_px = float(np.hypot(across, down))
    return peak > CLEAR_PEAK and SHORTEST_SLIDE_PX < slide_px < LONGEST_SLIDE_PX


def _strength(edge_x: Plane, edge_y: Plane) -> Plane:
    # Roots keep one bright window frame from outvoting the rest of the room.
    strength: Plane = np.sqrt(np.hypot(edge_x, edge_y))
    return strength
