"""The views a camera is known by: one in colour, one in infrared, and the one that holds now."""

from shared.vision.picture import Picture
from shared.vision.reference import Learner, Reference

# Infrared pictures are grey: colour falls below this, and far below what the view had.
GREY_COLOUR = 5.0
VIVID_COLOUR = 8.0
LIGHT_RATIO = 0.4


class Views:
    """
    nothing ──learned──▶ first view ──other light──▶ first view, learning ──▶ second view
                             ◀────────────────────light as before────────────────┘
    """

    def __init__(self) -> None:
        self._known: list[Reference] = []
        self._active: Reference | None = None
        self._learner = Learner()

    @property
    def active(self) -> Reference | None:
        return self._active

    def choose(self, picture: Picture) -> None:
        """Takes the known view of this light, if there is one."""
        if self.is_in_known_light(picture):
            return
        for view in self._known:
            if _is_same_light(picture.colour, view.colour):
                self._active = view

    def is_in_known_light(self, picture: Picture) -> bool:
        return self._active is not None and _is_same_light(picture.colour, self._active.colour)

    def learn(self, picture: Picture, at_s: float) -> None:
        view = self._learner.learn(picture, at_s)
        if view is not None:
            self._known.append(view)
            self._active = view
            self._learner = Learner()

    def interrupt(self) -> None:
        """What was gathered so far belongs to a light that did not last."""
        self._learner = Learner()


def _is_same_light(colour: float, other: float) -> bool:
    low, high = sorted((colour, other))
    return not (low < GREY_COLOUR and high > VIVID_COLOUR and low < LIGHT_RATIO * high)
