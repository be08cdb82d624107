"""When those who were told are told again, while nobody acknowledges: without end.

Counted on the incident's own clock, which stands still while it is put off. Each role has its own
rhythm: so long after it was last told, or last found empty, it is told again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from shared.domain.access import Role
from shared.domain.escalation import LAST_RESORT, Rung

#: Where no rung says how often, and the administrators stand in for everybody.
_LAST_RESORT_AGAIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Said:
    """That a role was told, or that nobody could be, and when on the incident's clock."""

    role: Role
    at: timedelta
    is_last_resort: bool = False


def again(rungs: Sequence[Rung], said: Iterable[Said], *, elapsed: timedelta) -> tuple[Rung, ...]:
    """The rungs climbed whose role is due to be told again."""
    due = _due(rungs, said)
    return tuple(rung for rung, at in due if at <= elapsed)


def next_at(rungs: Sequence[Rung], said: Iterable[Said]) -> timedelta | None:
    """When on the incident's clock the next one is due."""
    return min((at for _, at in _due(rungs, said)), default=None)


def _due(rungs: Sequence[Rung], said: Iterable[Said]) -> list[tuple[Rung, timedelta]]:
    last: dict[tuple[Role, bool], timedelta] = {}
    for one in said:
        key = one.role, one.is_last_resort
        last[key] = max(one.at, last.get(key, one.at))
    repeating = _by_role(rungs)
    if (Role.SYS_ADMIN, True) in last and repeating:
        stand_in = min(repeating.values(), key=_repeat)
        repeat = max(_repeat(stand_in), _LAST_RESORT_AGAIN)
        rung = Rung(LAST_RESORT, Role.SYS_ADMIN, timedelta(0), repeat=repeat)
        return [
            *_timed(repeating, last),
            (rung, last[Role.SYS_ADMIN, True] + repeat),
        ]
    return _timed(repeating, last)


def _timed(
    repeating: Mapping[Role, Rung], last: Mapping[tuple[Role, bool], timedelta]
) -> list[tuple[Rung, timedelta]]:
    return [
        (rung, last[role, False] + _repeat(rung))
        for role, rung in repeating.items()
        if (role, False) in last
    ]


def _by_role(rungs: Sequence[Rung]) -> dict[Role, Rung]:
    """Of each role the rung that repeats most often; everything else as the last one says."""
    found: dict[Role, Rung] = {}
    for rung in rungs:
        if rung.repeat is not None:
            known = found.get(rung.role, rung)
            found[rung.role] = replace(rung, repeat=min(_repeat(known), rung.repeat))
    return found


def _repeat(rung: Rung) -> timedelta:
    return rung.repeat or timedelta.max
