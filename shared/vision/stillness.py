"""Whether the picture stands still, measured against this camera's own noise."""

from collections import deque

import cv2
import numpy as np

from shared.vision.picture import COLUMNS, ROWS, Frame, Plane, cell_means

# Re-encoded freezes still flicker at key frames; this long a window holds enough frames between.
WINDOW_S = 20.0
# An exact repeat shows sooner.
SHORT_WINDOW_S = 12.0
FEWEST_CHANGES = 2
# Key frames renew the noise of the whole picture, so the liveliest moments prove nothing.
DROPPED_MOMENTS = 0.3
# A clock overlay goes on ticking in a frozen picture; it fills a few cells.
KEPT_CELLS = int(COLUMNS * ROWS * 0.95)
# A live picture never fell under half of its own quietest window; freezes stay under a fifth.
FROZEN_RATIO = 0.3
EXACT_RATIO = 0.03
# Keeps the quietest window honest: it is forgotten by a hundredth per minute.
FORGETTING_PER_S = 0.01 / 60
# A sensor that never changed by this much was frozen (or synthetic) while we learned.
QUIETEST_SENSOR = 0.002


class Stillness:
    """Fed every frame in order; says whether the picture has stopped."""

    def __init__(self) -> None:
        self._previous: Frame | None = None
        self._changes: deque[tuple[float, Plane]] = deque()
        self._pending: deque[tuple[float, float]] = deque()
        self._quietest: float | None = None
        self._last_at_s = 0.0
        self.change = 0.0

    def restart(self) -> None:
        """Forgets the window, keeps the noise floor."""
        self._previous = None
        self._changes.clear()
        self._pending.clear()

    def is_frozen(self, grey: Frame, at_s: float) -> bool:
        if self._previous is not None:
            change = cell_means(cv2.absdiff(grey, self._previous).astype(np.float32))
            self._changes.append((at_s, change.ravel()))
        self._previous = grey
        while self._changes and self._changes[0][0] <= at_s - WINDOW_S - 1e-6:
            self._changes.popleft()
        self._settle(at_s)
        return self._judge(at_s)

    def _judge(self, at_s: float) -> bool:
        floor = self._quietest
        span_s = at_s - self._changes[0][0] if self._changes else 0.0
        if len(self._changes) < FEWEST_CHANGES:
            return False
        self.change = _typical([change for _, change in self._changes])
        is_full = span_s >= 0.9 * WINDOW_S - self._interval_s()
        if floor is None or floor < QUIETEST_SENSOR:
            if is_full:
                self._pending.append((at_s, self.change))
            return False
        recent = [c for t, c in self._changes if t > at_s - SHORT_WINDOW_S]
        if len(recent) >= FEWEST_CHANGES and _typical(recent) <= EXACT_RATIO * floor:
            return True
        if is_full and self.change <= FROZEN_RATIO * floor:
            return True
        if is_full:
            self._pending.append((at_s, self.change))
        return False

    def _interval_s(self) -> float:
        first, last = self._changes[0][0], self._changes[-1][0]
        return (last - first) / max(1, len(self._changes) - 1)

    def _settle(self, at_s: float) -> None:
        """Only windows that ended before this one began count as the camera's own floor."""
        if self._quietest is not None:
            self._quietest *= 1 + FORGETTING_PER_S * max(0.0, at_s - self._last_at_s)
        self._last_at_s = at_s
        while self._pending and self._pending[0][0] <= at_s - WINDOW_S:
            change = self._pending.popleft()[1]
            if change >= QUIETEST_SENSOR:
                self._quietest = min(change, self._quietest or change)


def _typical(changes: list[Plane]) -> float:
    ordered = np.sort(np.stack(changes), axis=0)
    calm = ordered[: max(1, round(len(changes) * (1 - DROPPED_MOMENTS)))].mean(axis=0)
    return float(np.sort(calm)[:KEPT_CELLS].mean())
