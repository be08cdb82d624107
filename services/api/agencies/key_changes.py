"""Which keys of an agency are taken, given those on record and those it now shows: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.api.agencies.queries import Known
from shared.runtime.jose import PublicKey

#: So that keys can overlap when they are changed, and no more.
MOST_IN_FORCE: Final = 5
MOST_EVER: Final = 200


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes of the keys that were fetched: new ones, some that come back, some that end."""

    new: tuple[PublicKey, ...]
    back: tuple[int, ...]
    ended: tuple[int, ...]


def in_force(known: Iterable[Known], *, now: datetime) -> list[Known]:
    """Also those whose time is still to come."""
    return [
        key
        for key in known
        if key.revoked_at is None and (key.not_after is None or key.not_after > now)
    ]


def changes(shown: Sequence[PublicKey], known: Sequence[Known], *, now: datetime) -> Changes:
    """What was revoked here does not come back because it is still shown there."""
    by_thumbprint = {key.thumbprint: key for key in known}
    names = {key.kid for key in known if key.revoked_at is None}
    live = {key.thumbprint for key in in_force(known, now=now)}
    seen = {key.thumbprint for key in shown}
    new = [key for key in shown if key.thumbprint not in by_thumbprint and key.kid not in names]
    back = [
        one.id
        for one in known
        if one.is_fetched
        and one.revoked_at is None
        and one.thumbprint in seen
        and one.thumbprint not in live
    ]
    ended = [
        one.id for one in in_force(known, now=now) if one.is_fetched and one.thumbprint not in seen
    ]
    room = MOST_IN_FORCE - (len(live) - len(ended)) - len(back)
    return Changes(tuple(new[: max(0, room)]), tuple(back), tuple(ended))
