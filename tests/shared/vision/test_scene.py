import numpy as np
import pytest

from shared.domain.states import WatchState
from shared.vision.health import CameraHealth
from shared.vision.scene import Scene, Trouble

EXPECTED = {
    Trouble.COVER: WatchState.COVERED,
    Trouble.DARKEN: WatchState.DARK,
    Trouble.BLUR: WatchState.BLURRY,
    Trouble.FREEZE: WatchState.FROZEN,
}


def states(camera: CameraHealth, scene: Scene, seconds: range) -> list[WatchState]:
    return [camera.update(scene.frame(float(s)), float(s)).state for s in seconds]


def test_same_seed_and_second_give_the_same_picture() -> None:
    assert np.array_equal(Scene(3).frame(12.0), Scene(3).frame(12.0))


def test_other_seed_gives_another_room() -> None:
    assert not np.array_equal(Scene(3).frame(12.0), Scene(4).frame(12.0))


def test_picture_is_small_and_in_colour() -> None:
    assert Scene(1).frame(0.0).shape == (360, 640, 3)


def test_people_move_on() -> None:
    scene = Scene(1)
    change = np.abs(scene.frame(0.0).astype(int) - scene.frame(5.0)).max(axis=2)
    assert (change > 40).mean() > 0.01


def test_caption_shows_the_time() -> None:
    scene = Scene(1, caption="ROOM 1")
    assert np.abs(scene.frame(7.0)[330:].astype(int) - Scene(1).frame(7.0)[330:]).max() > 100


@pytest.mark.parametrize("seed", range(3))
def test_room_is_ok_for_ten_minutes(seed: int) -> None:
    assert set(states(CameraHealth(), Scene(seed), range(600))) == {WatchState.OK}


@pytest.mark.parametrize("trouble", Trouble)
def test_trouble_is_found_and_mended(trouble: Trouble) -> None:
    scene, camera = Scene(5, caption="ROOM 5"), CameraHealth()
    states(camera, scene, range(45))
    scene.cause(trouble)
    assert states(camera, scene, range(45, 61))[-1] is EXPECTED[trouble]
    scene.mend()
    assert states(camera, scene, range(61, 77))[-1] is WatchState.OK
