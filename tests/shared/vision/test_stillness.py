import numpy as np

from shared.vision import picture
from shared.vision.picture import Picture
from shared.vision.stillness import Stillness

LEARNED_S = 60


def noisy(second: int, level: int = 100) -> Picture:
    rng = np.random.default_rng(second)
    # As a codec leaves it: most of the noise is gone, and some comes through.
    frame = np.full((180, 320), level, np.uint8)
    frame += (rng.random(frame.shape) < 0.05).astype(np.uint8)
    return picture.reduce(frame)


def learned() -> Stillness:
    stillness = Stillness()
    verdicts = [stillness.is_frozen(noisy(s), float(s)) for s in range(LEARNED_S)]
    assert not any(verdicts)
    return stillness


def test_repeats_are_frozen_once_a_whole_window_shows_nothing_else() -> None:
    stillness, still = learned(), noisy(0)
    frozen = [stillness.is_frozen(still, float(LEARNED_S + s)) for s in range(16)]
    assert frozen.index(True) in range(8, 16)


def test_few_equal_frames_after_an_interruption_are_not_frozen() -> None:
    stillness, still = learned(), noisy(0)
    stillness.restart()
    assert not any(stillness.is_frozen(still, float(LEARNED_S + s)) for s in range(6))


def test_dimmer_light_with_less_noise_is_not_frozen() -> None:
    stillness, dim = learned(), noisy(0, level=40)
    assert not any(stillness.is_frozen(dim, float(LEARNED_S + s)) for s in range(30))


def test_camera_that_never_showed_noise_is_not_called_frozen() -> None:
    stillness, still = Stillness(), noisy(0)
    assert not any(stillness.is_frozen(still, float(s)) for s in range(90))
