import re

from hypothesis import given
from hypothesis import strategies as st

from services.api.facilities.plan import WIDTH, Spot, plan
from services.api.facilities.shapes import FORM_OF, shape
from services.api.overview.facts import Now
from shared.domain.facility_status import Status


def spot(latitude: float, longitude: float, words: str = "Hoa Sen") -> Spot:
    return Spot(latitude, longitude, Now.COVERED, "/facilities/x", words)


def places(drawn: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"translate\(([-\d.]+) ([-\d.]+)\)", drawn)]


positions = st.tuples(st.floats(8, 23.5), st.floats(102, 110))


@given(st.lists(positions, min_size=1, max_size=8))
def test_every_facility_lies_on_the_paper(found: list[tuple[float, float]]) -> None:
    drawn = plan([spot(*one) for one in found], label="x")
    height = float(re.search(r'viewBox="0 0 \d+ (\d+)"', drawn).group(1))  # type: ignore[union-attr] # it is there
    assert len(places(drawn)) == len(found)
    assert all(0 <= x <= WIDTH and 0 <= y <= height for x, y in places(drawn))


def test_north_is_up_and_east_is_right() -> None:
    drawn = plan([spot(14.0, 108.0), spot(15.0, 109.0)], label="x")
    (south_x, south_y), (north_x, north_y) = places(drawn)
    assert north_y < south_y
    assert north_x > south_x


def test_nobody_with_a_position_is_no_plan() -> None:
    assert plan([], label="x") == ""


def test_names_on_a_plan_are_text() -> None:
    drawn = plan([spot(14.0, 108.0, "<script>alert(1)</script>")], label="<b>")
    assert "<script>" not in drawn
    assert "<b>" not in drawn


def test_every_state_has_a_form_and_none_is_told_by_colour_alone() -> None:
    assert set(FORM_OF) == {str(one) for one in (*Now, *Status)}
    for kinds in (Now, Status):
        forms = {FORM_OF[one] for one in kinds}
        assert len({form for form, _ in forms}) == 5
    assert "<title>Hoa &lt;Sen&gt;</title>" in shape(Now.GAP, "Hoa <Sen>")
