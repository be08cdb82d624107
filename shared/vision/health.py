"""Whether a camera really shows its room: frames go in in order, a verdict comes out."""

from dataclasses import dataclass, replace

from shared.domain.states import WatchState
from shared.vision import measures as measuring
from shared.vision.judge import CHANGED, CHANGED_IN_OTHER_LIGHT, judge
from shared.vision.measures import Measures
from shared.vision.picture import Frame, Picture, reduce
from shared.vision.stillness import Stillness
from shared.vision.views import Views
from shared.vision.vote import Vote

# Between pictures further apart people have moved on: nothing can be said about edges that jump.
LONGEST_STEP_S = 3.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` is what to report; `seen` is what the newest picture shows by itself."""

    state: WatchState
    seen: WatchState
    is_learning: bool
    measures: Measures


class CameraHealth:
    """One camera: it learns its view from the first 20 s, then judges every frame against it.

    After the view was changed on purpose, start over with a new one.
    """

    def __init__(self) -> None:
        self._views = Views()
        self._stillness = Stillness()
        self._vote = Vote()
        self._previous: Picture | None = None
        self._previous_at_s = 0.0

    def update(self, frame: Frame, at_s: float) -> Verdict:
        """Takes a grey or BGR frame of any size; `at_s` is on any clock that does not jump."""
        picture = reduce(frame)
        self._views.choose(picture)
        is_known_light = self._views.is_in_known_light(picture)
        measures = self._measure(picture, at_s)
        seen = judge(measures, changed_below=CHANGED if is_known_light else CHANGED_IN_OTHER_LIGHT)
        self._previous, self._previous_at_s = picture, at_s
        state = self._vote.cast(seen, at_s)
        is_frozen = self._is_frozen(picture, seen, at_s)
        if state is WatchState.OK and is_frozen:
            state = WatchState.FROZEN
        if state is WatchState.OK and seen is WatchState.OK:
            self._learn(picture, at_s)
        return Verdict(
            state=state,
            seen=seen,
            is_learning=not is_known_light,
            measures=replace(measures, change=self._stillness.change),
        )

    def _measure(self, picture: Picture, at_s: float) -> Measures:
        view = self._views.active
        if view is None:
            return measuring.of_picture(picture)
        is_next = at_s - self._previous_at_s <= LONGEST_STEP_S
        return measuring.against(picture, view, previous=self._previous if is_next else None)

    def _is_frozen(self, picture: Picture, seen: WatchState, at_s: float) -> bool:
        if seen is not WatchState.OK:
            self._stillness.restart()
            return False
        return self._stillness.is_frozen(picture, at_s)

    def _learn(self, picture: Picture, at_s: float) -> None:
        view = self._views.active
        if view is None or not self._views.is_in_known_light(picture):
            self._views.learn(picture, at_s)
            return
        self._views.interrupt()
        view.adapt(picture, at_s)
