"""What a facility is before the law on a day, replayed from dated facts.

    UNDOCUMENTED ──▶ DISCOVERED_UNREGISTERED ──▶ REGISTERED ──▶ LICENSED ◀──▶ CONDITIONAL
         └───────────────────────────────────────────▲  ▲            │  ▲          │
                                  the licence ends ──┘  └── LICENCE_REVOKED ◀──────┤
                                                                     └──▶ SUSPENDED ┘
    Operation is suspended from any of these, and lifting it leads back to what the papers say.
    Anything ──▶ DISSOLVED, and nothing leads out of that.

Facts may be entered late and in any order: they are ordered by the day on which they took effect.
Days are half-open: a licence with `valid_to` the 1st is valid up to the evening before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import zip_longest
from typing import Final


class Status(StrEnum):
    """How a facility stands; nothing on record is not the same as unregistered."""

    UNDOCUMENTED = "undocumented"
    DISCOVERED_UNREGISTERED = "discovered_unregistered"
    REGISTERED = "registered"
    LICENSED = "licensed"
    CONDITIONAL = "conditional"
    SUSPENDED = "suspended"
    LICENCE_REVOKED = "licence_revoked"
    DISSOLVED = "dissolved"


class FactKind(StrEnum):
    """What can be on record of it, in the order in which it happens within a day."""

    DISCOVERED = "discovered"
    REGISTRATION = "registration"
    ESTABLISHMENT = "establishment"
    LICENCE_ISSUED = "licence_issued"
    LICENCE_AMENDED = "licence_amended"
    REMEDY_ORDERED = "remedy_ordered"
    REMEDY_ACCEPTED = "remedy_accepted"
    SUSPENDED = "suspended"
    SUSPENSION_LIFTED = "suspension_lifted"
    LICENCE_REVOKED = "licence_revoked"
    DISSOLVED = "dissolved"


class LicenceState(StrEnum):
    """Whether there is a licence to operate."""

    NONE = "none"
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


_K = FactKind
_PAPERS: Final = frozenset({_K.REGISTRATION, _K.ESTABLISHMENT})
_CLOSING: Final = frozenset({_K.SUSPENDED, _K.DISSOLVED})

#: What can happen next. Registrations change, licences are renewed and orders prolonged.
POSSIBLE: Final[dict[Status, frozenset[FactKind]]] = {
    Status.UNDOCUMENTED: _PAPERS | _CLOSING | {_K.DISCOVERED},
    Status.DISCOVERED_UNREGISTERED: _PAPERS | _CLOSING,
    Status.REGISTERED: _PAPERS | _CLOSING | {_K.LICENCE_ISSUED},
    Status.LICENSED: _PAPERS
    | _CLOSING
    | {_K.LICENCE_ISSUED, _K.LICENCE_AMENDED, _K.REMEDY_ORDERED, _K.LICENCE_REVOKED},
    Status.CONDITIONAL: _PAPERS
    | _CLOSING
    | {
        _K.LICENCE_ISSUED, _K.LICENCE_AMENDED, _K.REMEDY_ORDERED, _K.REMEDY_ACCEPTED,
        _K.LICENCE_REVOKED,
    },
    Status.SUSPENDED: _PAPERS | _CLOSING | {_K.SUSPENSION_LIFTED, _K.LICENCE_REVOKED},
    Status.LICENCE_REVOKED: _PAPERS | _CLOSING | {_K.LICENCE_ISSUED},
    Status.DISSOLVED: frozenset(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that took effect on a day; `number` is that of the record, in order of entry."""

    kind: FactKind
    effective_on: date
    number: int = 0
    #: Of a licence: the first day on which it is no more. Absent: without end, or not amended.
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the papers say on a day: registered? licensed? under which order?"""

    is_discovered: bool = False
    is_registered: bool = False
    licence: LicenceState = LicenceState.NONE
    licence_to: date | None = None
    must_remedy: bool = False
    is_suspended: bool = False
    is_dissolved: bool = False

    @property
    def status(self) -> Status:
        """The strongest that holds."""
        ranked = (
            (self.is_dissolved, Status.DISSOLVED),
            (self.is_suspended, Status.SUSPENDED),
            (self.licence is LicenceState.REVOKED, Status.LICENCE_REVOKED),
            (self.licence is LicenceState.VALID and self.must_remedy, Status.CONDITIONAL),
            (self.licence is LicenceState.VALID, Status.LICENSED),
            (self.is_registered, Status.REGISTERED),
            (self.is_discovered, Status.DISCOVERED_UNREGISTERED),
        )
        return next((status for holds, status in ranked if holds), Status.UNDOCUMENTED)

    def on(self, day: date) -> "Standing":
        """The same on a later day: licences end by themselves."""
        ends = self.licence is LicenceState.VALID and self.licence_to is not None
        if ends and self.licence_to is not None and self.licence_to <= day:
            return replace(self, licence=LicenceState.EXPIRED)
        return self


@dataclass(frozen=True, slots=True)
class Span:
    """How it stands from a day up to, not including, another; the last has no end."""

    from_on: date
    to_on: date | None
    standing: Standing


class IllegalFactError(Exception):
    """A fact that cannot have taken effect on its day, and what could have."""

    def __init__(self, fact: Fact, standing: Standing) -> None:
        super().__init__(f"{fact.kind} on {fact.effective_on} while {standing.status}")
        self.fact = fact
        self.status = standing.status
        self.possible = possible(standing)


def possible(standing: Standing) -> tuple[FactKind, ...]:
    """What can happen next, in the order in which it usually does."""
    kinds = POSSIBLE[standing.status]
    if standing.licence is not LicenceState.VALID:
        kinds -= {_K.LICENCE_REVOKED}
    return tuple(kind for kind in FactKind if kind in kinds)


def ordered(facts: Iterable[Fact]) -> list[Fact]:
    rank = {kind: place for place, kind in enumerate(FactKind)}
    return sorted(facts, key=lambda fact: (fact.effective_on, rank[fact.kind], fact.number))


def timeline(facts: Iterable[Fact]) -> list[Span]:
    """Every stretch with the same standing; raises `IllegalFactError` for what cannot have been."""
    spans: list[Span] = []
    standing = Standing()
    for fact in ordered(facts):
        before = standing.on(fact.effective_on)
        if fact.kind not in possible(before):
            raise IllegalFactError(fact, before)
        standing = _after(before, fact)
        spans.append(Span(fact.effective_on, None, standing))
    return _joined(spans)


def standing_on(spans: Sequence[Span], day: date) -> Standing:
    """By a timeline; before its first day nothing is on record."""
    for span in reversed(spans):
        if span.from_on <= day:
            return span.standing
    return Standing()


def _after(standing: Standing, fact: Fact) -> Standing:
    match fact.kind:
        case _K.DISCOVERED:
            return replace(standing, is_discovered=True)
        case _K.REGISTRATION | _K.ESTABLISHMENT:
            return replace(standing, is_registered=True)
        case _K.LICENCE_ISSUED:
            licensed = replace(standing, licence=LicenceState.VALID, must_remedy=False)
            return replace(licensed, licence_to=fact.valid_to).on(fact.effective_on)
        case _K.LICENCE_AMENDED:
            until = fact.valid_to or standing.licence_to
            return replace(standing, licence_to=until).on(fact.effective_on)
        case _:
            return _ordered(standing, fact)


def _ordered(standing: Standing, fact: Fact) -> Standing:
    """After what an authority decided against a facility, or took back."""
    changed: dict[FactKind, Standing] = {
        _K.REMEDY_ORDERED: replace(standing, must_remedy=True),
        _K.REMEDY_ACCEPTED: replace(standing, must_remedy=False),
        _K.SUSPENDED: replace(standing, is_suspended=True),
        _K.SUSPENSION_LIFTED: replace(standing, is_suspended=False),
        # It ends for good what a suspension only stopped.
        _K.LICENCE_REVOKED: replace(
            standing,
            licence=LicenceState.REVOKED,
            licence_to=None,
            must_remedy=False,
            is_suspended=False,
        ),
        _K.DISSOLVED: replace(standing, is_dissolved=True),
    }
    return changed[fact.kind]


def _joined(spans: Sequence[Span]) -> list[Span]:
    """One a day, each up to the next, and split where a licence ends in between."""
    last_of_day = {span.from_on: span for span in spans}
    days = list(last_of_day)
    joined: list[Span] = []
    for day, until in zip_longest(days, days[1:]):
        standing = last_of_day[day].standing
        end = standing.licence_to if standing.licence is LicenceState.VALID else None
        if end is not None and day < end and (until is None or end < until):
            joined.append(Span(day, end, standing))
            joined.append(Span(end, until, standing.on(end)))
        else:
            joined.append(Span(day, until, standing))
    return joined
