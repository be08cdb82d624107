"""Whether the picture stands still, measured against this camera's own noise."""

from collections import deque
from dataclasses import dataclass, field

import cv2
import numpy as np

from shared.vision.picture import COLUMNS, ROWS, Frame, Picture, Plane, cell_means

# Re-encoded freezes still flicker at key frames; this long a window holds enough frames between.
WINDOW_S = 20.0
# An exact repeat shows sooner.
SHORT_WINDOW_S = 12.0
FEWEST_CHANGES = 2
# Frames come a little early or late: a window this full is full.
FULL_SHARE = 0.9
# Key frames renew the noise of the whole picture, so the liveliest moments prove nothing.
DROPPED_MOMENTS = 0.3
# A clock overlay goes on ticking in a frozen picture; it fills a few cells.
KEPT_CELLS = int(COLUMNS * ROWS * 0.95)
# Against the quietest this camera has been: live pictures stay near 1, re-encoded freezes
# fall under a fifth, exact ones to nothing.
FROZEN_RATIO = 0.33
EXACT_RATIO = 0.03
# In mean grey levels per frame. A room that was busy while we learned may fall to a tenth of its
# floor when all leave, but sensor noise keeps it above this; the ratio alone would call it frozen.
LARGEST_FROZEN_CHANGE = 0.012
# Dimmer light means less noise, so every level of light has a floor of its own.
LIGHT_STEP = 1.25
MOST_FLOORS = 12
GREY_COLOUR = 5.0


@dataclass(slots=True)
class Floor:
    """The quietest this camera has been while live, in one light."""

    mean: float
    is_grey: bool
    quietest: float | None = None
    pending: deque[tuple[float, float]] = field(default_factory=deque)

    def fits(self, picture: Picture) -> bool:
        low, high = sorted((max(1.0, picture.mean), max(1.0, self.mean)))
        return high < LIGHT_STEP * low and self.is_grey == _is_grey(picture)

    def settle(self, at_s: float) -> None:
        """A window counts once a whole window has passed since: it cannot hold a freeze then."""
        while self.pending and self.pending[0][0] <= at_s - WINDOW_S:
            change = self.pending.popleft()[1]
            self.quietest = min(change, self.quietest or change)

    def is_undercut(self, change: float, *, ratio: float) -> bool:
        if self.quietest is None or change > LARGEST_FROZEN_CHANGE:
            return False
        return change < ratio * self.quietest


class Stillness:
    """Fed every frame in order; says whether the picture has stopped."""

    def __init__(self) -> None:
        self._previous: Frame | None = None
        self._changes: deque[tuple[float, Plane]] = deque()
        self._floors: list[Floor] = []
        self._floor: Floor | None = None
        self.change: float | None = None

    def restart(self) -> None:
        """Forgets the running window, keeps the floors."""
        self._previous = None
        self._changes.clear()
        self.change = None
        for floor in self._floors:
            floor.pending.clear()

    def is_frozen(self, picture: Picture, at_s: float) -> bool:
        floor = self._floor_for(picture)
        self._add_change(picture.grey, at_s)
        floor.settle(at_s)
        recent = self._last(SHORT_WINDOW_S, at_s)
        if recent and floor.is_undercut(_calm(recent), ratio=EXACT_RATIO):
            return True
        changes = self._last(WINDOW_S, at_s)
        if not changes:
            return False
        self.change = _calm(changes)
        if floor.is_undercut(self.change, ratio=FROZEN_RATIO):
            return True
        floor.pending.append((at_s, self.change))
        return False

    def _floor_for(self, picture: Picture) -> Floor:
        if self._floor is None or not self._floor.fits(picture):
            self.restart()
            self._floor = next((floor for floor in self._floors if floor.fits(picture)), None)
        if self._floor is None:
            self._floor = Floor(picture.mean, _is_grey(picture))
            self._floors = [*self._floors[1 - MOST_FLOORS :], self._floor]
        return self._floor

    def _add_change(self, grey: Frame, at_s: float) -> None:
        if self._previous is not None:
            change = cv2.absdiff(grey, self._previous).astype(np.float32)
            self._changes.append((at_s, cell_means(change).ravel()))
        self._previous = grey
        while self._changes and self._changes[0][0] <= at_s - WINDOW_S:
            self._changes.popleft()

    def _last(self, window_s: float, at_s: float) -> list[Plane]:
        """The changes of one whole window, or none while there is less."""
        within = [(t, change) for t, change in self._changes if t > at_s - window_s]
        if len(within) < FEWEST_CHANGES:
            return []
        interval_s = (at_s - within[0][0]) / (len(within) - 1)
        is_full = len(within) * interval_s >= FULL_SHARE * window_s
        return [change for _, change in within] if is_full else []


def _calm(changes: list[Plane]) -> float:
    """How much the calm moments of the calm cells change, in mean grey levels per frame."""
    ordered = np.sort(np.stack(changes), axis=0)
    calm = ordered[: max(1, round(len(changes) * (1 - DROPPED_MOMENTS)))].mean(axis=0)
    return float(np.sort(calm)[:KEPT_CELLS].mean())


def _is_grey(picture: Picture) -> bool:
    return picture.colour < GREY_COLOUR
