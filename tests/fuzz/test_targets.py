from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.catalogue import TARGETS, target
from tests.fuzz.mutation import mutated

#: OpenCV may die of a picture, so that target runs in a process of its own (`test_run`).
IN_PROCESS = sorted(set(TARGETS) - {"pictures"})

pytestmark = [
    # The codec tells of text that is not UTF-8 as an exception that nobody can catch.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.parametrize("name", IN_PROCESS)
def test_messages_as_they_are_documented_break_no_law(name: str) -> None:
    for seed in target(name).seeds():
        target(name).one(seed)


@pytest.mark.parametrize("name", IN_PROCESS)
def test_nor_do_messages_that_are_changed_a_little(name: str) -> None:
    one, seeds = target(name).one, list(target(name).seeds())

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(seeds), st.integers(0, 1 << 32), st.integers(1, 5))
    def follow(data: bytes, seed: int, changes: int) -> None:
        random = Random(seed)  # noqa: S311 - the same for the same seed
        for _ in range(changes):
            data = mutated(data, random)
        one(data)

    follow()


@pytest.mark.parametrize("name", IN_PROCESS)
def test_nor_do_bytes_of_any_kind(name: str) -> None:
    one = target(name).one

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=400))
    def follow(data: bytes) -> None:
        one(data)

    follow()
