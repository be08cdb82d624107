"""What this camera normally shows: learned from its first frames, kept up slowly while it is ok."""

from dataclasses import dataclass

import numpy as np

from shared.vision.picture import Mask, Picture, Plane, agreement, cell_means, edges

# The shortest time in which people move on enough for the median to show the room behind them.
LEARNING_S = 20.0
LEARNING_FRAMES = 3
# More frames than this make the median slower and not better.
KEEP_FRAMES = 24
KEEP_EVERY_S = LEARNING_S / KEEP_FRAMES
# An edge agreeing this well is the same edge; unrelated edges stay below 0.3.
AGREES = 0.5
# A cell whose edges come and go while learning (trees, people, bare noise) proves nothing later.
RELIABLE_SHARE = 0.7
# In squared grey levels per pixel: below it a cell holds only what compression left of the noise.
FAINTEST_EDGE = 0.1
# Moved furniture becomes part of the view in minutes; no fault is judged that slowly.
ADAPTING_S = 300.0
ADAPT_EVERY_S = 5.0
# After a long fault or pause one picture must not replace what was learned.
LARGEST_STEP = 0.05
# Added to fine energy before it is divided by, so that flat cells give no huge ratios.
FINE_FLOOR = 0.5


@dataclass(slots=True)
class Reference:
    """One view of one camera; day and infrared views are two references."""

    edge_x: Plane
    edge_y: Plane
    edge_energy: Plane
    fine_energy: Plane
    detail: Plane
    reliability: Plane
    mean: float
    saturated: float
    colour: float
    updated_at_s: float

    @property
    def reliable(self) -> Mask:
        return (self.reliability >= RELIABLE_SHARE) & (self.edge_energy >= FAINTEST_EDGE)

    def usable(self, picture: Picture) -> Mask:
        """The reliable cells whose edges must still be visible in this light."""
        light = min(1.0, picture.mean / max(1.0, self.mean))
        return self.reliable & (self.edge_energy * np.float32(light**2) >= FAINTEST_EDGE)

    def agreement(self, picture: Picture) -> Plane:
        return agreement(picture, self.edge_x, self.edge_y, self.edge_energy)

    def adapt(self, picture: Picture, at_s: float) -> None:
        """Moves a little towards a picture that was judged ok."""
        elapsed_s = at_s - self.updated_at_s
        if elapsed_s < ADAPT_EVERY_S:
            return
        self.updated_at_s = at_s
        share = np.float32(min(elapsed_s / ADAPTING_S, LARGEST_STEP))
        agreed = self.agreement(picture) >= AGREES
        gain = np.float32(_gain(picture, self))
        self.edge_x += share * (picture.edge_x / gain - self.edge_x)
        self.edge_y += share * (picture.edge_y / gain - self.edge_y)
        self.edge_energy = cell_means(self.edge_x**2 + self.edge_y**2)
        self.fine_energy += share * (picture.fine_energy - self.fine_energy)
        self.detail += share * (detail(picture) - self.detail)
        self.reliability += share * (agreed.astype(np.float32) - self.reliability)
        self.mean += float(share) * (picture.mean - self.mean)
        self.saturated += float(share) * (picture.saturated - self.saturated)
        self.colour += float(share) * (picture.colour - self.colour)


class Learner:
    """Gathers usable frames until they make a reference."""

    def __init__(self) -> None:
        self._pictures: list[Picture] = []
        self._first_at_s = 0.0
        self._last_at_s = 0.0

    def learn(self, picture: Picture, at_s: float) -> Reference | None:
        if not self._pictures:
            self._first_at_s = at_s
        elif at_s - self._last_at_s < KEEP_EVERY_S:
            return None
        self._last_at_s = at_s
        self._pictures.append(picture)
        is_long_enough = at_s - self._first_at_s >= LEARNING_S
        if len(self._pictures) < LEARNING_FRAMES or not is_long_enough:
            return None
        return build(self._pictures[-KEEP_FRAMES:], at_s)


def build(pictures: list[Picture], at_s: float) -> Reference:
    plate = np.median(np.stack([picture.grey for picture in pictures]), axis=0).astype(np.uint8)
    edge_x, edge_y = edges(plate)
    energy = cell_means(edge_x**2 + edge_y**2)
    agreed = [agreement(picture, edge_x, edge_y, energy) >= AGREES for picture in pictures]
    return Reference(
        edge_x=edge_x,
        edge_y=edge_y,
        edge_energy=energy,
        fine_energy=_median([picture.fine_energy for picture in pictures]),
        detail=_median([detail(picture) for picture in pictures]),
        reliability=np.mean(agreed, axis=0).astype(np.float32),
        mean=float(np.median([picture.mean for picture in pictures])),
        saturated=float(np.median([picture.saturated for picture in pictures])),
        colour=float(np.median([picture.colour for picture in pictures])),
        updated_at_s=at_s,
    )


def detail(picture: Picture) -> Plane:
    """Per cell, fine detail against coarse edges: falls with blur, hardly changes with light."""
    # Sensor noise is what the quietest cell holds; it must not pass for detail.
    scene = picture.fine_energy - picture.fine_energy.min()
    ratio: Plane = np.sqrt(scene / (picture.edge_energy + np.float32(0.02)))
    return ratio


def _gain(picture: Picture, reference: Reference) -> float:
    """How strong edges are now against the reference, so that dusk does not fade it."""
    reliable = reference.reliable
    if not reliable.any():
        return 1.0
    now = float(picture.edge_energy[reliable].sum())
    then = float(reference.edge_energy[reliable].sum())
    return float(np.clip(np.sqrt(now / then), 0.1, 4.0))


def _median(planes: list[Plane]) -> Plane:
    return np.median(np.stack(planes), axis=0).astype(np.float32)
