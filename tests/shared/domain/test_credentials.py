from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.credentials import Standing, Term, end_of_old

NOW = datetime(2026, 7, 1, tzinfo=UTC)
moments = st.integers(-100, 100).map(lambda minutes: NOW + timedelta(minutes=minutes))
overlaps = st.integers(0, 100).map(lambda minutes: timedelta(minutes=minutes))


@given(moments, st.none() | moments, st.none() | moments)
def test_standing_is_that_of_the_minute_in_a_row_of_minutes(
    begins: datetime, ends: datetime | None, revoked: datetime | None
) -> None:
    """Against a naive model: the minutes in which it holds, one by one."""
    term = Term(begins, ends, revoked)
    minutes = [NOW + timedelta(minutes=at) for at in range(-101, 102)]
    holds = [at for at in minutes if begins <= at and (ends is None or at < ends)]
    for at in (NOW, begins, begins - timedelta(minutes=1)):
        wanted = at in holds and revoked is None
        assert (term.standing(at) is Standing.IN_FORCE) == wanted


@given(moments, moments)
def test_whoever_has_ended_never_holds_again(begins: datetime, ends: datetime) -> None:
    term = Term(begins, ends)
    seen = [term.standing(NOW + timedelta(minutes=at)) for at in range(-101, 102)]
    order = [Standing.WAITING, Standing.IN_FORCE, Standing.ENDED]
    assert [order.index(one) for one in seen] == sorted(order.index(one) for one in seen)


@given(moments, st.none() | moments, moments, overlaps)
def test_a_new_password_never_lengthens_an_old_one(
    begins: datetime, ends: datetime | None, new_from: datetime, overlap: timedelta
) -> None:
    end = end_of_old(Term(begins, ends), new_from=new_from, overlap=overlap)
    assert end <= new_from + overlap
    assert ends is None or end <= ends
    assert end in {ends, new_from + overlap}
