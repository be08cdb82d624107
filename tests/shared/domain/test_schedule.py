import itertools
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.schedule import local_day, midnight, split_by_day

DAY_S = 86_400
zones = st.sampled_from(["Asia/Ho_Chi_Minh", "UTC", "America/New_York", "Europe/Paris"])


@given(
    start=st.integers(1_700_000_000, 1_900_000_000),
    length=st.integers(1, 9 * DAY_S),
    zone=zones,
)
def test_days_tile_the_span_and_each_part_lies_in_its_day(
    start: int, length: int, zone: str
) -> None:
    start_us, end_us = start * 1_000_000, (start + length) * 1_000_000
    parts = split_by_day(start_us, end_us, zone)
    assert parts[0][1] == start_us
    assert parts[-1][2] == end_us
    for left, right in itertools.pairwise(parts):
        assert left[2] == right[1]
        assert left[0] < right[0]
    for day, part_start, part_end in parts:
        assert local_day(datetime.fromtimestamp(part_start / 1e6, UTC), zone) == day
        assert local_day(datetime.fromtimestamp(part_end / 1e6 - 1, UTC), zone) == day


def test_the_day_in_viet_nam_begins_at_seventeen_utc() -> None:
    assert midnight(date(2026, 11, 23), "Asia/Ho_Chi_Minh") == datetime(
        2026, 11, 22, 17, tzinfo=UTC
    )
