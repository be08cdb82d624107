"""How often somebody may ask: so many times in the last minute, in this process."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Final

WITHIN: Final = timedelta(minutes=1)
#: So many are remembered; the one heard of longest ago is forgotten first.
REMEMBERED: Final = 10_000


class Rates:
    """When each of those who ask asked lately. What is refused does not count."""

    def __init__(self) -> None:
        self._asked: OrderedDict[str, deque[datetime]] = OrderedDict()

    def must_wait(self, who: str, *, most: int, now: datetime) -> timedelta | None:
        """How long until `who` may ask again; nothing, if this time is granted."""
        asked = self._asked.pop(who, None) or deque()
        self._asked[who] = asked
        while asked and asked[0] <= now - WITHIN:
            asked.popleft()
        while len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        if len(asked) >= most:
            return asked[0] + WITHIN - now
        asked.append(now)
        return None
