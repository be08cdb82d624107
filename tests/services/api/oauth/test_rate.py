"""How often somebody may ask."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.api.oauth.rate import WITHIN, Rates

START = datetime(2026, 7, 1, tzinfo=UTC)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30)), max_size=60))
def test_nobody_is_let_in_more_often_than_that(asked: list[tuple[str, int]]) -> None:
    """Against all that were ever let in, counted anew each time."""
    rates, now = Rates(), START
    let_in: list[tuple[str, datetime]] = []
    for who, after_s in asked:
        now += timedelta(seconds=after_s)
        recent = [at for name, at in let_in if name == who and at > now - WITHIN]
        wait = rates.must_wait(who, most=3, now=now)
        if len(recent) < 3:
            assert wait is None
            let_in.append((who, now))
        else:
            assert wait == recent[0] + WITHIN - now
