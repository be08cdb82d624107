"""The rows of the sheets that units, authorities and competences are imported from."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from shared.domain.competence import AuthorityKind, SubjectMatter
from shared.domain.jurisdiction import Change, UnitKind


class SheetKind(StrEnum):
    """What a file is about."""

    UNITS = "units"
    SUCCESSIONS = "successions"
    AUTHORITIES = "authorities"
    COMPETENCES = "competences"
    ASSIGNMENTS = "assignments"


@dataclass(frozen=True, slots=True)
class At:
    """A line of a file."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in a row, and what to do about it."""

    at: At
    column: str
    wrong: str
    advice: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    at: At
    code: str
    name: str
    kind: UnitKind
    parent: str
    valid_from: date
    valid_to: date | None
    official_code: str | None
    legal_basis: str
    source: str


@dataclass(frozen=True, slots=True)
class SuccessionRow:
    at: At
    from_code: str
    to_code: str
    kind: Change
    effective_on: date
    share: Decimal | None
    legal_basis: str
    source: str


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    at: At
    code: str
    name: str
    kind: AuthorityKind
    unit: str
    valid_from: date
    valid_to: date | None
    successor: str
    legal_basis: str
    source: str


@dataclass(frozen=True, slots=True)
class CompetenceRow:
    at: At
    authority: str
    subject_matter: SubjectMatter
    scope: str
    legal_basis: str
    valid_from: date
    valid_to: date | None
    review_on: date | None
    source: str


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    at: At
    facility: str
    to_code: str
    effective_on: date
    legal_basis: str


@dataclass(slots=True)
class Sheets:
    """All that was given, and all that could not be read."""

    units: list[UnitRow] = field(default_factory=list)
    successions: list[SuccessionRow] = field(default_factory=list)
    authorities: list[AuthorityRow] = field(default_factory=list)
    competences: list[CompetenceRow] = field(default_factory=list)
    assignments: list[AssignmentRow] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
