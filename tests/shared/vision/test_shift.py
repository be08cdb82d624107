import numpy as np
import pytest

from shared.vision import picture, shift
from shared.vision.scene import Scene


def slid(down_px: int, across_px: int) -> bool:
    frame = Scene(1).frame(0.0)
    moved = picture.reduce(np.roll(frame, (down_px, across_px), axis=(0, 1)))
    usual = picture.reduce(Scene(1).frame(30.0))
    return shift.has_slid(moved, usual.edge_x, usual.edge_y)


@pytest.mark.parametrize("slide", [(8, 0), (0, -10), (12, 12), (-20, 6)])
def test_small_slide_of_the_whole_view_is_found(slide: tuple[int, int]) -> None:
    assert slid(*slide)


@pytest.mark.parametrize("slide", [(0, 0), (2, -2), (-1, 3)])
def test_vibration_is_no_slide(slide: tuple[int, int]) -> None:
    assert not slid(*slide)


def test_another_room_is_no_slide() -> None:
    other, usual = picture.reduce(Scene(2).frame(0.0)), picture.reduce(Scene(1).frame(0.0))
    assert not shift.has_slid(other, usual.edge_x, usual.edge_y)
