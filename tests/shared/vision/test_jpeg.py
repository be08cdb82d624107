import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vision import jpeg
from shared.vision.jpeg import PictureError
from shared.vision.scene import Scene


def encoded(width: int = 640, height: int = 360) -> bytes:
    frame = cv2.resize(Scene(1).frame(0.0), (width, height))
    return cv2.imencode(".jpg", frame)[1].tobytes()


def with_size(width: int, height: int) -> bytes:
    """A real picture that claims another size in its header."""
    good = encoded()
    at = good.index(b"\xff\xc0") + 5
    return good[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + good[at + 4 :]


def with_another_size_hidden(width: int, height: int) -> bytes:
    """A fill byte before the real header; who takes it for a marker lands at a harmless one."""
    huge = with_size(width, height)
    at = huge.index(b"\xff\xc0")
    hidden = huge[:at] + b"\xff" + huge[at:]
    land = at + 2 + 0xC000
    harmless = b"\xff\xc0\x00\x11\x08" + (360).to_bytes(2, "big") + (640).to_bytes(2, "big")
    return hidden[:land].ljust(land, b"\0") + harmless + b"\0" * 8


def with_scans(count: int) -> bytes:
    """A progressive picture whose last scan comes time and again, without a bit of news."""
    frame = cv2.resize(Scene(1).frame(0.0), (640, 360))
    good = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    at = good.rindex(b"\xff\xda")
    scan = good[at : at + 2 + int.from_bytes(good[at + 2 : at + 4], "big")]
    return good[:at] + scan * (count - good[:at].count(b"\xff\xda")) + b"\xff\xd9"


def test_a_progressive_picture_may_be_judged() -> None:
    assert jpeg.decode(with_scans(jpeg.MOST_SCANS)).shape == (360, 640)


def test_picture_is_decoded_to_grey() -> None:
    frame = jpeg.decode(encoded())
    assert frame.shape == (360, 640)
    assert frame.dtype == np.uint8


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (b"", "no_jpeg"),
        (b"GIF89a", "no_jpeg"),
        (b"\xff\xd8", "damaged"),
        (b"\xff\xd8" + b"\x00" * 40, "damaged"),
        (b"\xff\xd8" + b"\x00" * jpeg.LARGEST_BYTES, "too_many_bytes"),
        (with_size(60_000, 60_000), "too_many_pixels"),
        (with_another_size_hidden(16_000, 16_000), "too_many_pixels"),
        (b"\xff\xd8\xff\x01" + encoded()[2:], "damaged"),
        (with_scans(jpeg.MOST_SCANS + 1), "too_many_scans"),
        (encoded(16, 16), "too_small"),
    ],
)
def test_unfit_bytes_are_refused_with_a_reason(picture: bytes, reason: str) -> None:
    with pytest.raises(PictureError) as refused:
        jpeg.decode(picture)
    assert refused.value.reason == reason


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(tail: bytes) -> None:
    with pytest.raises(PictureError):
        jpeg.decode(b"\xff\xd8" + tail)
