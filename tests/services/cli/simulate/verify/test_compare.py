"""What is planted must be found: a microsecond lost, invented, mistaken, misjudged."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.simulate.verify import compare
from services.cli.simulate.verify.compare import Record, seconds, united
from services.cli.simulate.verify.demand import Demand
from shared.domain.heartbeat import SECOND_US
from shared.domain.intervals import Spans, subtract
from shared.domain.states import WatchState

MINUTE = 60 * SECOND_US
HOUR = 60 * MINUTE
#: An hour well watched, then a minute covered; the first ten minutes were told late.
WELL: Spans[int] = ((0, HOUR),)
COVERED: Spans[int] = ((HOUR, HOUR + MINUTE),)
TOLD = {WatchState.OK: WELL, WatchState.COVERED: COVERED}
DEMAND = Demand(
    real=TOLD,
    must=TOLD,
    may=TOLD,
    live=((10 * MINUTE, HOUR),),
    late=((0, 10 * MINUTE),),
    may_be_proven=((30 * MINUTE, HOUR),),
    excused={},
)
RECORD = Record(
    watched=((10 * MINUTE, HOUR),),
    late=((0, 10 * MINUTE),),
    impaired=COVERED,
    proven=((40 * MINUTE, HOUR),),
    faults={WatchState.COVERED: COVERED},
)
EVER: Spans[int] = ((-(1 << 62), 1 << 62),)


def verdict(
    record: Record, *, needed: Demand = DEMAND, window: Spans[int] = EVER
) -> compare.Verdict:
    return compare.verdict("F", "D", needed, record, window)


def test_a_record_that_says_what_it_must_is_good() -> None:
    assert verdict(RECORD).is_good


@given(st.integers(10 * MINUTE, HOUR - 1), st.integers(1, MINUTE))
def test_a_microsecond_that_is_missing_is_lost(at_us: int, length_us: int) -> None:
    hole = ((at_us, min(at_us + length_us, HOUR)),)
    found = verdict(replace(RECORD, watched=subtract(RECORD.watched, hole)))
    assert (found.lost, found.invented) == (hole, ())


@given(st.integers(HOUR + MINUTE, 2 * HOUR), st.integers(1, MINUTE))
def test_a_microsecond_too_much_is_invented(at_us: int, length_us: int) -> None:
    extra = (at_us, at_us + length_us)
    found = verdict(replace(RECORD, late=(*RECORD.late, extra)))
    assert (found.lost, found.invented) == ((), (extra,))


def test_good_time_called_impaired_is_lost_and_mistaken() -> None:
    found = verdict(replace(RECORD, impaired=((30 * MINUTE, 31 * MINUTE), *COVERED)))
    assert found.lost == found.mistaken == ((30 * MINUTE, 31 * MINUTE),)


def test_a_fault_called_good_is_invented_and_mistaken() -> None:
    found = verdict(
        replace(RECORD, watched=((10 * MINUTE, HOUR + MINUTE),), impaired=(), faults={})
    )
    assert found.invented == found.mistaken == COVERED


def test_a_fault_of_another_name_is_mistaken() -> None:
    found = verdict(replace(RECORD, faults={WatchState.DARK: COVERED}))
    assert (found.lost, found.invented, found.mistaken) == ((), (), COVERED)


def test_time_told_as_good_and_as_bad_is_bad() -> None:
    both = replace(DEMAND, must={**TOLD, WatchState.OK: ((0, HOUR + MINUTE),)})
    assert verdict(RECORD, needed=both).lost == ()


@pytest.mark.parametrize(
    "wrong",
    [
        replace(RECORD, watched=((9 * MINUTE, HOUR),)),  # late, called live
        replace(RECORD, watched=((11 * MINUTE, HOUR),), late=((0, 11 * MINUTE),)),
        replace(RECORD, proven=((29 * MINUTE, HOUR),)),  # what was not signed is not proven
    ],
)
def test_evidence_of_the_wrong_quality_is_misjudged(wrong: Record) -> None:
    found = verdict(wrong)
    assert (found.lost, found.invented) == ((), ())
    assert seconds(found.misjudged) == 60


def test_what_may_but_need_not_be_on_record_is_neither_lost_nor_invented() -> None:
    vague = replace(DEMAND, may={**TOLD, WatchState.OK: ((-MINUTE, HOUR),)})
    found = verdict(replace(RECORD, late=((-MINUTE, 10 * MINUTE),)), needed=vague)
    assert found.is_good
    assert found.surplus == ((-MINUTE, 0),)


def test_what_lies_before_the_window_is_another_run_s() -> None:
    earlier = replace(RECORD, late=((-HOUR, -MINUTE), *RECORD.late))
    assert not verdict(earlier).is_good
    assert verdict(earlier, window=((-MINUTE, 1 << 62),)).is_good


def test_a_second_of_which_a_microsecond_is_wrong_counts() -> None:
    assert seconds(((5, 6),)) == 1
    assert seconds(((SECOND_US - 1, SECOND_US + 1),)) == 2
    assert seconds(((5, 6), (7, 8), (SECOND_US, 2 * SECOND_US))) == 2


def test_two_runs_of_one_device_are_judged_together() -> None:
    later = dict.fromkeys(TOLD, ((3 * HOUR, 4 * HOUR),))
    second = Demand(later, later, later, live=(), late=(), may_be_proven=(), excused={})
    both = united([DEMAND, second])
    assert both.must[WatchState.OK] == ((0, HOUR), (3 * HOUR, 4 * HOUR))
    assert (both.live, both.late) == (DEMAND.live, DEMAND.late)
