"""Many rows put on record at once: how a job and each of its rows come along, and are undone.

    CHECKING ──▶ CHECKED ──commit──▶ COMMITTING ──▶ COMMITTED ──undo──▶ UNDOING ──▶ UNDONE
                    │                 ▲      │ stop          ▲
                    │ discard   resume│      ▼               │undo
                    └──▶ DISCARDED    └── STOPPED ───────────┘

    row: WAITING ──▶ SOUND ──▶ DONE ──▶ UNDONE | KEPT
            └──▶ FAULTY  └──▶ FAILED

A row that was faulty is never put on record; the sound ones are, whatever the others are.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

Values = Mapping[str, Any]


class Kind(StrEnum):
    """What the rows of a sheet speak of."""

    FACILITIES = "facilities"
    ZONES = "zones"
    DEVICES = "devices"


class JobState(StrEnum):
    """How far a job has come."""

    CHECKING = "checking"
    CHECKED = "checked"
    COMMITTING = "committing"
    STOPPED = "stopped"
    COMMITTED = "committed"
    UNDOING = "undoing"
    UNDONE = "undone"
    DISCARDED = "discarded"


class Wish(StrEnum):
    """What a person can want of a job."""

    COMMIT = "commit"
    STOP = "stop"
    RESUME = "resume"
    UNDO = "undo"
    DISCARD = "discard"


class RowState(StrEnum):
    """How far a row has come."""

    WAITING = "waiting"
    SOUND = "sound"
    FAULTY = "faulty"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    KEPT = "kept"


class Verdict(StrEnum):
    """What a row means for what is on record."""

    CREATE = "create"
    CHANGE = "change"
    UNCHANGED = "unchanged"


_J = JobState
AFTER_WISH: Final[Mapping[JobState, Mapping[Wish, JobState]]] = {
    _J.CHECKING: {Wish.DISCARD: _J.DISCARDED},
    _J.CHECKED: {Wish.COMMIT: _J.COMMITTING, Wish.DISCARD: _J.DISCARDED},
    _J.COMMITTING: {Wish.STOP: _J.STOPPED},
    _J.STOPPED: {Wish.RESUME: _J.COMMITTING, Wish.UNDO: _J.UNDOING},
    _J.COMMITTED: {Wish.UNDO: _J.UNDOING},
    _J.UNDOING: {},
    _J.UNDONE: {},
    _J.DISCARDED: {},
}
#: What a job becomes when no row is left to work on, and which rows those are.
WORK: Final[Mapping[JobState, tuple[RowState, JobState]]] = {
    _J.CHECKING: (RowState.WAITING, _J.CHECKED),
    _J.COMMITTING: (RowState.SOUND, _J.COMMITTED),
    _J.UNDOING: (RowState.DONE, _J.UNDONE),
}


def wishes(state: JobState) -> tuple[Wish, ...]:
    return tuple(AFTER_WISH[state])


def changes(there: Values, wanted: Values) -> dict[str, Any]:
    """What differs. What is not wanted stays as it is."""
    return {name: value for name, value in wanted.items() if there.get(name) != value}


def verdict(there: Values | None, wanted: Values) -> Verdict:
    """Nothing there: it is made. So the same sheet a second time changes nothing."""
    if there is None:
        return Verdict.CREATE
    return Verdict.CHANGE if changes(there, wanted) else Verdict.UNCHANGED


def put_back(before: Values, after: Values, now: Values) -> dict[str, Any] | None:
    """What to write to undo a change; None if anybody has touched it since."""
    if any(now.get(name) != value for name, value in after.items()):
        return None
    return dict(before)
