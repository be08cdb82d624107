"""What became of the incidents that somebody took up at once, as it stands now.

The address names only which were asked for. What is said of them is looked up anew, so that no
link can claim what is not so, and a page that is open for long stays true.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from services.api.incidents.board import shown
from services.api.incidents.board.queries import Entry, Tried
from services.api.incidents.schemas import MOST_AT_ONCE
from services.api.overview.shown import Voice
from shared.domain.states import IncidentState

_NUMBERS: Final = re.compile(r"[1-9]\d{0,17}(\.[1-9]\d{0,17})*", re.ASCII)

MayTake = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class Line:
    """One of them. `is_second`: somebody else had taken it up before."""

    id: int
    place: str
    cause: str
    told: str
    is_second: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """`missing` are those that the reader cannot see."""

    asked: int
    taken: tuple[Line, ...]
    left: tuple[Line, ...]

    @property
    def missing(self) -> int:
        return self.asked - len(self.taken) - len(self.left)

    @property
    def second(self) -> int:
        return sum(line.is_second for line in self.taken)


def numbers_of(tried: str) -> tuple[int, ...]:
    """Nothing for what was not put together by `address_of`."""
    if not _NUMBERS.fullmatch(tried):
        return ()
    found = dict.fromkeys(int(one) for one in tried.split("."))
    return tuple(found)[:MOST_AT_ONCE]


def address_of(numbers: Sequence[int], query: str) -> str:
    """The board as it was narrowed, with what became of these above it."""
    kept = [part for part in query.split("&") if part and not part.startswith("tried=")]
    return "/incidents?" + "&".join([*kept, "tried=" + ".".join(map(str, numbers))])


def outcome(
    asked: Sequence[int], found: Sequence[Tried], voice: Voice, may_take: MayTake
) -> Outcome:
    place = {number: at for at, number in enumerate(asked)}
    inorder = sorted(found, key=lambda one: place[one.entry.id])
    rows = shown.rows([one.entry for one in inorder], {}, voice, may_take)
    lines = [
        Line(row.id, row.place, row.cause, _told(one, voice, may_take), _is_second(one))
        for row, one in zip(rows, inorder, strict=True)
    ]
    return Outcome(
        len(asked),
        tuple(line for line, one in zip(lines, inorder, strict=True) if one.mine_at),
        tuple(line for line, one in zip(lines, inorder, strict=True) if not one.mine_at),
    )


def _is_second(one: Tried) -> bool:
    return one.mine_at is not None and one.entry.taken_at not in {None, one.mine_at}


def _told(one: Tried, voice: Voice, may_take: MayTake) -> str:
    t, entry = voice.t, one.entry
    if one.mine_at is not None:
        told = t.gettext("taken up by you, %(time)s", time=voice.near(one.mine_at))
        return f"{told} · {_by_others(entry, voice)}" if _is_second(one) else told
    if entry.state is IncidentState.RESOLVED and entry.resolved_at is not None:
        return t.gettext("over since %(time)s", time=voice.near(entry.resolved_at))
    told = "" if may_take(entry) else t.gettext("not yours to take up")
    others = _by_others(entry, voice) if entry.taken_at else t.gettext("nobody has taken it up")
    return " · ".join(part for part in (told, others) if part)


def _by_others(entry: Entry, voice: Voice) -> str:
    """Who was the first."""
    if entry.taken_at is None:
        return ""
    time = voice.near(entry.taken_at)
    if entry.taken_by is None:
        return voice.t.gettext("taken up already, %(time)s", time=time)
    return voice.t.gettext("taken up already by %(name)s, %(time)s", name=entry.taken_by, time=time)
