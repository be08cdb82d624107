"""A fault counts when most pictures of the last seconds show one, so glitches do not."""

from collections import Counter, deque
from itertools import islice

from shared.domain.states import WatchState

# A person close up stays 7-8 s; the window must outvote that and still report within 10 s.
WINDOW_S = 14.0
# With one snapshot every 10 s the window still holds three of them.
FEWEST_VOTES = 3
# However fast or slowly frames come: whoever stands before the lens may stay this long.
SHORTEST_FAULT_S = 9.0
# Two of three, or ten of fourteen.
SET_SHARE = 0.65
CLEAR_SHARE = 0.35
# Broken streams show a garbled but still picture between the moments when it breaks.
NOISY_SHARE = 0.2
FEWEST_NOISY = 2


class Vote:
    """ok ──most votes bad──▶ fault ──few votes bad──▶ ok; a fault may change its name."""

    def __init__(self) -> None:
        self._votes: deque[tuple[float, WatchState]] = deque()
        self._state = WatchState.OK

    def cast(self, state: WatchState, at_s: float) -> WatchState:
        self._votes.append((at_s, state))
        while len(self._votes) > FEWEST_VOTES and self._votes[0][0] <= at_s - WINDOW_S:
            self._votes.popleft()
        bad: Counter[WatchState] = Counter(
            vote for _, vote in self._votes if vote is not WatchState.OK
        )
        share = bad.total() / max(len(self._votes), FEWEST_VOTES)
        if share >= SET_SHARE and self._is_lasting(at_s):
            self._state = _name(bad, self._state)
        elif share <= CLEAR_SHARE:
            self._state = WatchState.OK
        return self._state

    def _is_lasting(self, at_s: float) -> bool:
        newest = islice(reversed(self._votes), 2)
        first_bad_at_s = next(t for t, vote in self._votes if vote is not WatchState.OK)
        has_stayed = at_s - first_bad_at_s >= SHORTEST_FAULT_S
        return has_stayed and all(vote is not WatchState.OK for _, vote in newest)


def _name(bad: Counter[WatchState], held: WatchState) -> WatchState:
    """The commonest fault; a tie keeps the name that was given."""
    if bad[WatchState.NOISY] >= max(FEWEST_NOISY, NOISY_SHARE * bad.total()):
        return WatchState.NOISY
    name, votes = bad.most_common(1)[0]
    return held if bad[held] == votes else name
