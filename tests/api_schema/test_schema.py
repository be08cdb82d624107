import pytest

from tests.api_schema.__main__ import ENOUGH
from tests.api_schema.run import Round, Tally, fuzz, name_of, running, tell_stories
from tests.api_schema.stories import unknown


@pytest.mark.timeout(300)
def test_the_api_answers_as_it_describes_itself() -> None:
    """Every operation in earnest, and a guess at each; `make schema` guesses for longer."""
    tally = Tally()
    with running() as on:
        assert unknown([name_of(operation) for operation in on.operations]) == set()
        tell_stories(on, tally)
        fuzz(on, tally, Round(1, guests=1, examples=1))
    assert tally.faults == {}
    assert len(tally.met) == len(on.operations)
    assert len(tally.reached) >= ENOUGH * len(on.operations), tally.unreached
