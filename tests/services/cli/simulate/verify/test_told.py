"""How much of a watch messages tell, against a look at each of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.cli.simulate.verify.told import Beats, Prefixes, joined, runs
from shared.domain.intervals import normal

INSTANTS = st.integers(0, 60)
PAIRS = st.lists(st.tuples(INSTANTS, INSTANTS), max_size=8)
WATCHES = st.tuples(INSTANTS, st.integers(1, 30)).map(lambda pair: (pair[0], sum(pair)))


def column(values: list[int]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array(values, dtype=np.int64)


@given(PAIRS, WATCHES)
def test_cumulative_messages_tell_the_watches_they_touch_from_their_start(
    pairs: list[tuple[int, int]], watch: tuple[int, int]
) -> None:
    messages = [(from_us, from_us + length) for from_us, length in pairs if length]
    told = Prefixes(column([f for f, _ in messages]), column([t for _, t in messages]))
    start_us, end_us = watch
    naive = normal(
        (start_us, min(end_us, at_us))
        for from_us, at_us in messages
        if end_us > from_us and start_us < at_us
    )
    assert told.of(start_us, end_us) == naive


@given(st.lists(INSTANTS, max_size=12), st.integers(1, 20), WATCHES)
def test_beats_tell_their_length_if_the_device_watched_at_their_end(
    at_us: list[int], length_us: int, watch: tuple[int, int]
) -> None:
    start_us, end_us = watch
    naive = normal((at - length_us, at) for at in at_us if start_us < at <= end_us)
    assert Beats(column(at_us), length_us).of(start_us, end_us) == naive
    assert runs(column(sorted(at_us)), length_us) == normal((at - length_us, at) for at in at_us)


@given(PAIRS)
def test_spans_are_joined_as_the_domain_joins_them(pairs: list[tuple[int, int]]) -> None:
    found = joined(column([start for start, _ in pairs]), column([end for _, end in pairs]))
    assert found == normal(pairs)
