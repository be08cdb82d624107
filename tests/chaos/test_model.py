from hypothesis import given
from hypothesis import strategies as st

from tests.chaos import model
from tests.chaos.ledger import Claim
from tests.chaos.model import DAY, SECOND, Registered
from tests.chaos.spans import Span, length, minus, union

SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)
NOW = 1_795_334_400 * SECOND
DEVICE = Registered(registered_us=NOW - 30 * DAY, interval_us=30 * SECOND)


def moments(spans: list[Span]) -> set[int]:
    return {us for start, end in spans for us in range(start, end)}


def claim(since_us: int | None, at_us: int, *, said_us: int = NOW, state: str = "ok") -> Claim:
    return Claim("GW", "CAM", "boot", 1, since_us, at_us, state, said_us)


@given(SPANS, SPANS)
def test_the_arithmetic_is_that_of_sets(these: list[Span], those: list[Span]) -> None:
    assert moments(union(these)) == moments(these)
    assert moments(minus(these, those)) == moments(these) - moments(those)
    assert length(these) == len(moments(these))


@given(SPANS, SPANS)
def test_the_arithmetic_gives_disjoint_pairs_in_order(these: list[Span], those: list[Span]) -> None:
    for spans in (union(these), minus(these, those)):
        ends = [end for _, end in spans]
        assert all(start < end for start, end in spans)
        assert all(start > end for end, (start, _) in zip(ends, spans[1:], strict=False))


def credited(one: Claim, device: Registered, heard_us: int, shift_us: int) -> list[Span]:
    """What a claim is worth if it is known when it was heard and how its clock was corrected."""
    if model.is_refused(one, device, heard_us=heard_us, shift_us=shift_us):
        return []
    start = model.begin(one, device, heard_us=heard_us, shift_us=shift_us)
    return union([(start, model.end(one, device, heard_us=heard_us, shift_us=shift_us))])


@given(
    heard_s=st.integers(0, 1000),
    looked_s=st.integers(0, 1000),
    since_s=st.none() | st.integers(-8 * 86_400, 500),
    at_s=st.integers(-8 * 86_400, 500),
    ahead_s=st.integers(-100, 200),
    share=st.floats(0, 1),
    retired_s=st.integers(-200, 200),
)
def test_whenever_a_claim_is_heard_it_lies_between_what_must_and_may_be(
    heard_s: int,
    looked_s: int,
    since_s: int | None,
    at_s: int,
    ahead_s: int,
    share: float,
    retired_s: int,
) -> None:
    heard_us, looked_us = NOW + heard_s * SECOND, NOW + (heard_s + looked_s) * SECOND
    device = Registered(NOW - 10 * DAY, 30 * SECOND, NOW + retired_s * SECOND)
    since_us = None if since_s is None else NOW + since_s * SECOND
    one = Claim("D", "D", "b", 1, since_us, NOW + at_s * SECOND, "ok", NOW, ahead_s * SECOND)
    least_us, most_us = model.shifts(one)
    shift_us = least_us + round(share * (most_us - least_us))
    real = credited(one, device, heard_us, shift_us)
    least = model.at_least(one, device, looked_us=looked_us)
    most = model.at_most(one, device, looked_us=looked_us)
    assert minus([least] if least else [], real) == []
    assert minus(real, [most] if most else []) == []


def test_a_claim_of_the_past_is_known_to_the_microsecond() -> None:
    one = claim(NOW - 10 * SECOND - 3, NOW - 5)
    rows = model.must_be([one], {"CAM": DEVICE}, looked_us=NOW + SECOND)
    assert rows == model.may_be([one], {"CAM": DEVICE}, looked_us=NOW + SECOND)
    day = (NOW + model.OFFSET) // DAY
    assert rows["CAM", day, model.COVERED] == [(NOW - 10 * SECOND - 3, NOW - 5)]


def test_a_day_begins_at_seventeen_hours_in_greenwich() -> None:
    midnight = NOW // DAY * DAY - 7 * 3600 * SECOND
    rows = model.may_be(
        [claim(midnight - SECOND, midnight + SECOND)], {"CAM": DEVICE}, looked_us=NOW
    )
    spans = [spans for (_, _, column), spans in rows.items() if column == model.COVERED]
    assert sorted(spans) == [
        [(midnight - SECOND, midnight)],
        [(midnight, midnight + SECOND)],
    ]


def test_a_fault_is_impaired_and_never_coverage() -> None:
    rows = model.may_be(
        [claim(NOW - SECOND, NOW, state="dark")], {"CAM": DEVICE}, looked_us=NOW + SECOND
    )
    assert {column for _, _, column in rows} == {"impaired", "dark"}


def test_a_clock_an_hour_ahead_is_worth_nothing() -> None:
    one = claim(NOW, NOW + 3600 * SECOND)
    assert model.may_be([one], {"CAM": DEVICE}, looked_us=NOW + SECOND) == {}
