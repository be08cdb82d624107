"""Slows down who guesses passwords: five failures in half a minute close an account for five."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

FAILURES: Final = 5
WITHIN: Final = timedelta(seconds=30)
CLOSED_FOR: Final = timedelta(minutes=5)
#: So many accounts are remembered; the one heard of longest ago is forgotten first.
REMEMBERED: Final = 10_000


class Throttle:
    """Recent attempts per account, in this process only. An attempt counts before it is checked,
    so that many at once cannot slip through; success clears them."""

    def __init__(self) -> None:
        self._attempts: OrderedDict[str, tuple[datetime, ...]] = OrderedDict()

    def closed_until(self, account: str, *, now: datetime) -> datetime | None:
        """When the account opens again, if it is closed."""
        failures = self._attempts.get(account, ())
        if len(failures) < FAILURES or failures[-1] + CLOSED_FOR <= now:
            return None
        return failures[-1] + CLOSED_FOR

    def attempted(self, account: str, *, now: datetime) -> None:
        recent = (at for at in self._attempts.pop(account, ()) if at > now - WITHIN)
        self._attempts[account] = (*recent, now)
        while len(self._attempts) > REMEMBERED:
            self._attempts.popitem(last=False)

    def succeeded(self, account: str) -> None:
        self._attempts.pop(account, None)
