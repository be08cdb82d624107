from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.intervals import Spans, intersect, near, normal, overlapping, subtract, union
from tests.shared.domain.models import points, spans

Set = Spans[int]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_normal_form_is_sorted_disjoint_and_keeps_every_second(
    heap: list[tuple[int, int]],
) -> None:
    result = normal(heap)
    assert points(result) == points(tuple(heap))
    assert all(start < end for start, end in result)
    assert all(left[1] < right[0] for left, right in pairwise(result))


@given(spans(), spans())
def test_operations_are_those_of_sets_of_seconds(left: Set, right: Set) -> None:
    assert points(union(left, right)) == points(left) | points(right)
    assert points(intersect(left, right)) == points(left) & points(right)
    assert points(subtract(left, right)) == points(left) - points(right)


@given(spans(), spans())
def test_results_are_in_normal_form(left: Set, right: Set) -> None:
    for result in (union(left, right), intersect(left, right), subtract(left, right)):
        assert result == normal(result)


@given(st.lists(spans(), max_size=5), st.integers(1, 4))
def test_overlap_counts_the_sets_that_hold(sets: list[Set], least: int) -> None:
    everywhere = {second for one in sets for second in points(one)}
    enough = {s for s in everywhere if sum(s in points(one) for one in sets) >= least}
    found = overlapping(sets, at_least=least)
    assert points(found) == enough
    assert found == normal(found)


@given(st.lists(spans(), max_size=5), st.randoms())
def test_union_does_not_care_for_order_or_repetition(sets: list[Set], random: object) -> None:
    again = [*sets, *sets]
    random.shuffle(again)  # type: ignore[attr-defined] # hypothesis's own random
    assert union(*again) == union(*sets)


@given(spans(), st.integers(0, 40), st.integers(1, 30))
def test_near_a_window_lie_the_spans_that_have_a_part_in_it(
    spread: Set, start: int, length: int
) -> None:
    window = (start, start + length)
    assert near(spread, window) == tuple(s for s in spread if intersect((s,), (window,)))
