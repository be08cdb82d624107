from datetime import date, timedelta

import pytest

from shared.domain.licence_expiry import Urgency, days_left, urgency

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (91, None),
        (90, Urgency.WITHIN_90_DAYS),
        (46, Urgency.WITHIN_90_DAYS),
        (45, Urgency.WITHIN_45_DAYS),
        (22, Urgency.WITHIN_45_DAYS),
        (21, Urgency.WITHIN_21_DAYS),
        (1, Urgency.WITHIN_21_DAYS),
        (0, Urgency.EXPIRED),
        (-400, Urgency.EXPIRED),
    ],
)
def test_the_warning_grows_as_the_end_comes_near(left: int, expected: Urgency | None) -> None:
    ends = TODAY + timedelta(days=left)
    assert days_left(ends, today=TODAY) == left
    assert urgency(ends, today=TODAY) is expected
