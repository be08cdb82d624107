import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from services.api.console.strip import BARS, Look, Piece, scale, strip, tick_marks

START = datetime(2026, 11, 22, 16, 20, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOW = (START, START + DAY)
HO_CHI_MINH = "Asia/Ho_Chi_Minh"
SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def tilings(draw: st.DrawFn) -> list[Piece]:
    cuts = sorted(draw(st.sets(st.integers(1, 86_399), max_size=12)))
    bounds = [0, *cuts, 86_400]
    looks = draw(st.lists(st.sampled_from(Look), min_size=len(bounds), max_size=len(bounds)))
    return [
        Piece(START + timedelta(seconds=a), START + timedelta(seconds=b), look, look.value)
        for a, b, look in zip(bounds, bounds[1:], looks, strict=False)
    ]


def drawn(pieces: list[Piece]) -> list[tuple[int, int]]:
    """Begin and width of every tile, as drawn."""
    root = ET.fromstring(strip(pieces, WINDOW, label="a place", ticks="ticks"))  # noqa: S314
    return [
        (int(found[1]), int(found[2]))
        for path in root.iter("path")
        if (found := re.match(r"M(\d+) \d+h(\d+)", path.attrib["d"]))
    ]


@given(tilings())
def test_tiles_add_up_to_the_window(pieces: list[Piece]) -> None:
    assert sum(width for _, width in drawn(pieces)) == 86_400


@given(tilings())
def test_tiles_never_overlap(pieces: list[Piece]) -> None:
    places = drawn(pieces)
    ends = [x + width for x, width in places]
    assert all(end <= x for end, (x, _) in zip(ends, places[1:], strict=False))


def test_every_state_has_its_own_height_and_place() -> None:
    assert len(set(BARS.values())) == len(Look)


def test_what_was_not_required_stays_empty() -> None:
    half = Piece(START + DAY / 2, START + DAY, Look.COVERED)
    assert drawn([half]) == [(43_200, 43_200)]


def test_names_in_a_strip_are_text_and_never_markup() -> None:
    piece = Piece(START, START + DAY, Look.GAP, words="<script>")
    svg = strip([piece], WINDOW, label='"><script>', ticks="ticks")
    assert "<script>" not in svg


def test_the_scale_names_every_third_local_hour() -> None:
    hours = re.findall(r">(\d\d)<", scale(WINDOW, HO_CHI_MINH))
    assert hours == ["00", "03", "06", "09", "12", "15", "18", "21"]


def test_tick_marks_stand_at_whole_local_hours() -> None:
    marks = re.findall(r"M(\d+) 0", tick_marks(WINDOW, HO_CHI_MINH, mark_id="ticks"))
    # The window begins at 23:20 in Viet Nam: midnight comes 40 minutes later.
    assert [int(x) for x in marks] == [2400 + n * 3 * 3600 for n in range(8)]
