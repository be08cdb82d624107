import numpy as np
import pytest

from shared.vision import picture
from shared.vision.scene import Scene


def test_every_size_is_reduced_to_the_same() -> None:
    large, small = np.zeros((1080, 1920, 3), np.uint8), np.zeros((90, 160), np.uint8)
    assert picture.reduce(large).grey.shape == picture.reduce(small).grey.shape == (180, 320)


def test_edges_agree_with_themselves_in_any_contrast() -> None:
    frame = Scene(1).frame(0.0)
    full, half = picture.reduce(frame), picture.reduce((frame * 0.5).astype(np.uint8))
    agreed = picture.agreement(half, full.edge_x, full.edge_y, full.edge_energy)
    assert np.median(agreed) > 0.95


def test_edges_of_two_rooms_do_not_agree() -> None:
    one, other = picture.reduce(Scene(1).frame(0.0)), picture.reduce(Scene(2).frame(0.0))
    agreed = picture.agreement(one, other.edge_x, other.edge_y, other.edge_energy)
    assert np.median(agreed) < 0.5


@pytest.mark.parametrize("level", [0, 77, 255])
def test_uniform_picture_is_flat(level: int) -> None:
    reduced = picture.reduce(np.full((360, 640), level, np.uint8))
    assert reduced.exactly_flat == reduced.flat == 1.0
    assert reduced.mean == level
