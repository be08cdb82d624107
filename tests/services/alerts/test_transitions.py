import pytest

from services.alerts.detect.transitions import redrawn
from services.alerts.gaps.queries import NewBounds
from shared.domain.gaps import StoredGap
from shared.domain.incidents import EventKind
from shared.domain.states import GapState
from tests.support.alerting import after


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        ((100, 200), (120, 200), EventKind.GAP_SHORTENED),
        ((100, 200), (120, 180), EventKind.GAP_SHORTENED),
        ((100, None), (120, None), EventKind.GAP_SHORTENED),
        ((100, None), (120, 150), EventKind.GAP_SHORTENED),
        ((100, None), (80, None), EventKind.GAP_MOVED),
        ((100, 200), (80, 150), EventKind.GAP_MOVED),
        ((100, 200), (150, 220), EventKind.GAP_MOVED),
        ((100, 200), (100, None), EventKind.GAP_MOVED),
    ],
)
def test_only_what_lies_within_the_gap_that_was_known_is_shorter(
    was: tuple[int, int | None], now: tuple[int, int | None], kind: EventKind
) -> None:
    (begin, end), (new_begin, new_end) = was, now
    seen = StoredGap(1, after(begin), None if end is None else after(end), GapState.OPEN)
    new_end_at = None if new_end is None else after(new_end)
    fresh = NewBounds(seen, GapState.OPEN, after(new_begin), new_end_at)
    assert redrawn(fresh) is kind
