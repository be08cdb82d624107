"""One frame reduced to the small picture and the cell measures that every check looks at."""

from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

Frame: TypeAlias = npt.NDArray[np.uint8]
Plane: TypeAlias = npt.NDArray[np.float32]
Mask: TypeAlias = npt.NDArray[np.bool_]

# Faults of a view are visible at this size, and sensor noise and compression are not.
WIDTH, HEIGHT = 320, 180
# Cells are 20 x 20 pixels: a person across the room fills a few, a close-up about half.
COLUMNS, ROWS = 16, 9
# Gradients are taken on a softened picture, so that one pixel of vibration does not matter.
SOFTENING_PX = 1.5
SATURATED_LEVEL = 245
# Compression spreads a flat area over a few neighbouring grey levels.
FLAT_SPREAD = 2
# Colour is judged on every eighth pixel: enough for a share of the picture.
COLOUR_STEP = 8
# A grey sheet over most of the view leaves some colour at its edge; infrared leaves none.
COLOURFUL_QUANTILE = 0.9


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept of one frame: the small grey picture, its edges, and their energy per cell."""

    grey: Frame
    edge_x: Plane
    edge_y: Plane
    edge_energy: Plane
    fine_energy: Plane
    mean: float
    saturated: float
    flat: float
    exactly_flat: float
    colour: float


def reduce(frame: Frame) -> Picture:
    """Takes a grey or BGR frame of any size."""
    grey = _shrink(_to_grey(frame))
    edge_x, edge_y = edges(grey)
    levels = np.bincount(grey.ravel(), minlength=256)
    mode = int(levels.argmax())
    near = levels[max(0, mode - FLAT_SPREAD) : mode + FLAT_SPREAD + 1]
    return Picture(
        grey=grey,
        edge_x=edge_x,
        edge_y=edge_y,
        edge_energy=cell_means(edge_x * edge_x + edge_y * edge_y),
        fine_energy=_fine_energy(grey),
        mean=float(grey.mean()),
        saturated=float(levels[SATURATED_LEVEL:].sum()) / grey.size,
        flat=float(near.sum()) / grey.size,
        exactly_flat=float(levels[mode]) / grey.size,
        colour=_colourfulness(frame),
    )


def edges(grey: Frame) -> tuple[Plane, Plane]:
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), SOFTENING_PX)
    # A Sobel kernel sums to 8: divided by it, the unit is grey levels per pixel.
    across = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return cast("Plane", across), cast("Plane", down)


def cell_means(plane: Plane) -> Plane:
    return cast("Plane", cv2.resize(plane, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA))


def agreement(picture: Picture, edge_x: Plane, edge_y: Plane, energy: Plane) -> Plane:
    """Per cell, how well edges agree in place and direction: 1 same, 0 unrelated, any contrast."""
    dot = cell_means(picture.edge_x * edge_x + picture.edge_y * edge_y)
    # The small constant keeps cells without any edge at zero instead of dividing by zero.
    strength: Plane = np.sqrt(picture.edge_energy * energy + np.float32(1e-6))
    return dot / strength


def _fine_energy(grey: Frame) -> Plane:
    fine = cv2.Laplacian(grey, cv2.CV_32F, ksize=3)
    return cell_means(cast("Plane", fine * fine))


def _to_grey(frame: Frame) -> Frame:
    if frame.ndim == 2:
        return frame
    if frame.shape[2] == 1:
        return frame[:, :, 0]
    return cast("Frame", cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))


def _shrink(grey: Frame) -> Frame:
    if grey.shape == (HEIGHT, WIDTH):
        return grey
    shrinks = grey.shape[0] >= HEIGHT and grey.shape[1] >= WIDTH
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cast("Frame", cv2.resize(grey, (WIDTH, HEIGHT), interpolation=how))


def _colourfulness(frame: Frame) -> float:
    if frame.ndim == 2 or frame.shape[2] == 1:
        return 0.0
    blue, green, red = cv2.split(np.ascontiguousarray(frame[::COLOUR_STEP, ::COLOUR_STEP]))
    most, least = cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red)
    spread = cv2.subtract(most, least).ravel()
    colourful = int(spread.size * COLOURFUL_QUANTILE)
    return float(np.partition(spread, colourful)[colourful])
