"""What an agency may read, under which grant, and why not: decided by facts, never by its word."""

import base64
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: A count of fewer says too much about each of them.
SMALLEST_COUNT: Final = 5
#: A grant is given for a purpose, and looked at again.
LONGEST_GRANT: Final = timedelta(days=731)
_PSEUDONYM_BYTES: Final = 15


class Dataset(StrEnum):
    """What is shared, each by a grant of its own."""

    FACILITIES = "facilities"
    COVERAGE = "coverage"
    GAPS = "gaps"
    INCIDENTS = "incidents"


class Level(StrEnum):
    """How closely a facility can be recognised."""

    #: Counts of a unit; nobody stands out.
    AGGREGATE = "aggregate"
    #: One by one, under a name that only this agency knows them by.
    PSEUDONYMOUS = "pseudonymous"
    NAMED = "named"


_WITHOUT_NAME: Final[Mapping[Dataset, tuple[str, ...]]] = {
    Dataset.FACILITIES: ("facility", "unit", "ownership", "children"),
    Dataset.COVERAGE: (
        "facility", "unit", "day", "covered_s", "gap_s", "excused_s", "corrected_s", "unknown_s",
        "not_required_s", "proven_s", "live_s", "late_s",
    ),
    Dataset.GAPS: ("facility", "unit", "state", "from", "to"),
    Dataset.INCIDENTS: (
        "facility", "unit", "cause", "state", "since", "opened_at", "resolved_at",
        "acknowledged_at",
    ),
}  # fmt: skip
_ONLY_NAMED: Final[Mapping[Dataset, tuple[str, ...]]] = {
    Dataset.FACILITIES: ("name", "registered_at"),
    Dataset.COVERAGE: (),
    Dataset.GAPS: ("zone", "incident"),
    Dataset.INCIDENTS: (),
}
_COUNTS: Final[Mapping[Dataset, tuple[str, ...]]] = {
    Dataset.FACILITIES: ("children",),
    Dataset.COVERAGE: ("covered_s", "gap_s", "excused_s", "unknown_s", "not_required_s"),
    Dataset.GAPS: ("gaps", "gap_s"),
    Dataset.INCIDENTS: ("incidents", "unresolved"),
}


def fields_of(dataset: Dataset, level: Level) -> tuple[str, ...]:
    """The only fields that leave the house; what is not named here does not."""
    match level:
        case Level.AGGREGATE:
            return ("unit", "is_rest", "facilities", *_COUNTS[dataset])
        case Level.PSEUDONYMOUS:
            return _WITHOUT_NAME[dataset]
        case Level.NAMED:
            return _WITHOUT_NAME[dataset] + _ONLY_NAMED[dataset]


@dataclass(frozen=True, slots=True)
class Area:
    """A unit and all below it as of now, or a facility; neither: the whole country."""

    admin_unit_id: int | None = None
    facility_id: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What lets an agency read. Between the dates, if approved, and until it is revoked."""

    id: int
    client_id: int
    dataset: Dataset
    area: Area
    level: Level
    valid_from: datetime
    valid_to: datetime
    approved_at: datetime | None = None
    refused_at: datetime | None = None
    revoked_at: datetime | None = None


class GrantState(StrEnum):
    """Where a grant stands.

    proposed ──▶ coming ──▶ in_force ──▶ ended
        │ │         │           │
        │ └─────────┴───────────┴──▶ revoked
        └──▶ refused
    """

    PROPOSED = "proposed"
    REFUSED = "refused"
    COMING = "coming"
    IN_FORCE = "in_force"
    ENDED = "ended"
    REVOKED = "revoked"


def state_of(grant: Grant, *, now: datetime) -> GrantState:
    if grant.revoked_at is not None:
        return GrantState.REVOKED
    if grant.refused_at is not None:
        return GrantState.REFUSED
    if now >= grant.valid_to:
        return GrantState.ENDED
    if grant.approved_at is None:
        return GrantState.PROPOSED
    return GrantState.COMING if now < grant.valid_from else GrantState.IN_FORCE


class Why(StrEnum):
    """Why an agency reads, or does not."""

    GRANTED = "granted"
    #: The token was not asked for with this dataset.
    NOT_IN_SCOPE = "insufficient_scope"
    #: There is no such grant of this agency and dataset.
    UNKNOWN_GRANT = "unknown_grant"
    #: It is not in force: proposed, refused, coming, ended or revoked.
    NOT_IN_FORCE = "grant_not_in_force"
    NO_GRANT = "no_grant"
    #: Several are in force: each has its own purpose and legal basis, so the agency must choose.
    WHICH_GRANT = "which_grant"
    #: Named data goes only to who proves to hold the key that the token is bound to.
    NOT_BOUND = "token_not_bound"


@dataclass(frozen=True, slots=True)
class Request:
    """What an agency asks for, and with what kind of token."""

    client_id: int
    dataset: Dataset
    scopes: frozenset[Dataset]
    is_bound: bool
    grant_id: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`grant` if granted; `choice` if it has to be said which."""

    why: Why
    grant: Grant | None = None
    choice: tuple[int, ...] = ()


def decide(request: Request, grants: Sequence[Grant], *, now: datetime) -> Decision:
    """Under which of all grants on record a request is answered."""
    if request.dataset not in request.scopes:
        return Decision(Why.NOT_IN_SCOPE)
    own = [
        grant
        for grant in grants
        if grant.client_id == request.client_id and grant.dataset is request.dataset
    ]
    if request.grant_id is not None:
        own = [grant for grant in own if grant.id == request.grant_id]
        if not own:
            return Decision(Why.UNKNOWN_GRANT)
    live = [grant for grant in own if state_of(grant, now=now) is GrantState.IN_FORCE]
    if not live:
        return Decision(Why.NO_GRANT if request.grant_id is None else Why.NOT_IN_FORCE)
    return _under(live, is_bound=request.is_bound)


def _under(live: Sequence[Grant], *, is_bound: bool) -> Decision:
    if len(live) > 1:
        return Decision(Why.WHICH_GRANT, choice=tuple(sorted(grant.id for grant in live)))
    if live[0].level is Level.NAMED and not is_bound:
        return Decision(Why.NOT_BOUND)
    return Decision(Why.GRANTED, live[0])


def pseudonym(secret: bytes, *, client: str, kind: str, key: str) -> str:
    """By what one agency knows something; another agency's name for it tells them nothing."""
    own = hmac.digest(secret, f"pseudonym/{client}".encode(), hashlib.sha256)
    digest = hmac.digest(own, f"{kind}/{key}".encode(), hashlib.sha256)[:_PSEUDONYM_BYTES]
    return base64.b32encode(digest).decode().lower()


@dataclass(frozen=True, slots=True)
class Cell:
    """What is counted in one unit. `counts` are numbers of things, `sums` of something else."""

    unit: str
    parent: str
    facilities: int
    counts: Mapping[str, int]
    sums: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of a unit, or of the rest of a larger one; absent is what would say too much."""

    unit: str
    is_rest: bool
    facilities: int | None
    values: Mapping[str, int | None]


def told(cells: Sequence[Cell]) -> list[Figures]:
    """Units with few facilities are told together, as the rest of what they lie in.

    There is no total, so nothing can be worked out by taking away what is told.
    """
    found, few = [], defaultdict[str, list[Cell]](list)
    for cell in cells:
        if cell.facilities >= SMALLEST_COUNT:
            found.append(_figures(cell, is_rest=False))
        elif cell.facilities > 0:
            few[cell.parent].append(cell)
    for parent, small in few.items():
        found.append(_figures(_together(parent, small), is_rest=True))
    return sorted(found, key=lambda one: (one.unit, one.is_rest))


def _together(parent: str, cells: Sequence[Cell]) -> Cell:
    def total(of: Sequence[Mapping[str, int]]) -> dict[str, int]:
        return {name: sum(one[name] for one in of) for name in of[0]}

    # One alone would not be hidden by being called the rest.
    facilities = sum(cell.facilities for cell in cells) if len(cells) > 1 else 0
    return Cell(
        unit=parent,
        parent="",
        facilities=facilities,
        counts=total([cell.counts for cell in cells]),
        sums=total([cell.sums for cell in cells]),
    )


def _figures(cell: Cell, *, is_rest: bool) -> Figures:
    if cell.facilities < SMALLEST_COUNT:
        return Figures(cell.unit, is_rest, None, dict.fromkeys([*cell.counts, *cell.sums]))
    counts = {
        name: None if 0 < count < SMALLEST_COUNT else count for name, count in cell.counts.items()
    }
    # How long a few gaps lasted would tell how many they are.
    sums = dict.fromkeys(cell.sums) if None in counts.values() else dict(cell.sums)
    return Figures(cell.unit, is_rest, cell.facilities, counts | sums)
