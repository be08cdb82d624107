import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.states import WatchState
from shared.vision.health import CameraHealth
from shared.vision.picture import Frame
from tests.shared.vision import watching
from tests.shared.vision.watching import Change, Watch, untouched

FAULTS = [
    (watching.covered, WatchState.COVERED),
    (watching.dark, WatchState.DARK),
    (watching.washed_out, WatchState.BRIGHT),
    (watching.out_of_focus, WatchState.BLURRY),
    (watching.knocked, WatchState.MOVED),
    (watching.snowed, WatchState.NOISY),
    (watching.torn, WatchState.NOISY),
    (watching.slate, WatchState.SIGNAL_LOSS),
    (watching.stopped, WatchState.FROZEN),
    (watching.stopped_with_clock, WatchState.FROZEN),
]
NORMAL = [
    (watching.lights_off, 30),
    (watching.infrared, 60),
    (watching.close_up, 8),
    (watching.shaken, 20),
    (watching.parked_object, 40),
    (watching.grey_glitch, 2),
    (watching.compressed, 40),
    (watching.dusk, 80),
]


def name(value: object) -> str | None:
    return getattr(value, "__name__", None)


@pytest.mark.parametrize(("fault", "state"), FAULTS, ids=name)
def test_fault_is_found_and_named_within_fifteen_seconds(fault: Change, state: WatchState) -> None:
    states = Watch().run(fault, 16)
    assert states[-1] is state
    assert set(states) == {WatchState.OK, state}


@pytest.mark.parametrize(("fault", "_state"), FAULTS, ids=name)
def test_camera_is_ok_again_after_the_fault(fault: Change, _state: WatchState) -> None:
    watch = Watch()
    watch.run(fault, 25)
    assert set(watch.run(untouched, 30)[15:]) == {WatchState.OK}


@pytest.mark.parametrize(("event", "seconds"), NORMAL, ids=name)
def test_normal_event_stays_quiet(event: Change, seconds: int) -> None:
    watch = Watch()
    during = watch.run(event, seconds)
    after = watch.run(untouched, 20)
    assert set(during + after) == {WatchState.OK}


@pytest.mark.parametrize(
    ("fault", "state"),
    [(fault, state) for fault, state in FAULTS if fault is not watching.torn],
    ids=name,
)
def test_one_snapshot_every_ten_seconds_is_enough(fault: Change, state: WatchState) -> None:
    watch = Watch(step_s=10, learned_s=100)
    assert state in watch.run(fault, 40)


def test_short_close_up_between_snapshots_stays_quiet() -> None:
    watch = Watch(step_s=10, learned_s=100)
    states = watch.run(watching.close_up, 10) + watch.run(untouched, 60)
    assert set(states) == {WatchState.OK}


def test_cover_at_night_is_found_while_the_infrared_view_is_new() -> None:
    watch = Watch()
    watch.run(watching.infrared, 5)
    states = watch.run(lambda f, s: watching.infrared(watching.covered(f, s), s), 16)
    assert states[-1] is WatchState.COVERED


def test_dark_picture_is_found_without_any_learning() -> None:
    states = Watch(learned_s=0).run(watching.dark, 12)
    assert states[-1] is WatchState.DARK


def test_camera_says_that_it_is_learning_and_when_it_is_done() -> None:
    camera = CameraHealth()
    learning = [camera.update(f, float(s)).is_learning for s, f in enumerate(watching.room()[:30])]
    assert learning[0]
    assert not learning[-1]


def test_grey_frames_are_judged_like_colour() -> None:
    def grey(change: Change) -> Change:
        return lambda f, s: cv2.cvtColor(change(f, s), cv2.COLOR_BGR2GRAY).astype(np.uint8)

    watch = Watch(learned_s=0)
    assert set(watch.run(grey(untouched), 45)) == {WatchState.OK}
    assert watch.run(grey(watching.covered), 16)[-1] is WatchState.COVERED


@pytest.mark.parametrize("size", [(160, 120), (320, 180), (704, 576), (1920, 1080)])
def test_any_frame_size_is_taken(size: tuple[int, int]) -> None:
    def scaled(change: Change) -> Change:
        return lambda f, s: cv2.resize(change(f, s), size).astype(np.uint8)

    watch = Watch(learned_s=0)
    assert set(watch.run(scaled(untouched), 30)) == {WatchState.OK}
    assert watch.run(scaled(watching.knocked), 12)[-1] is WatchState.MOVED


def test_verdicts_depend_on_nothing_but_frames_and_times() -> None:
    def states() -> list[WatchState]:
        watch = Watch()
        return watch.run(watching.covered, 12) + watch.run(untouched, 12)

    assert states() == states()


@settings(max_examples=10, deadline=None)
@given(gain=st.floats(0.35, 1.15), offset=st.floats(0, 15))
def test_even_change_of_light_is_no_fault(gain: float, offset: float) -> None:
    def lit(frame: Frame, _second: int) -> Frame:
        return cv2.convertScaleAbs(frame, alpha=gain, beta=offset).astype(np.uint8)

    assert set(Watch(learned_s=25).run(lit, 14)) == {WatchState.OK}
