"""Units, authorities, competences and reorganisations as JSON."""

from datetime import date

from pydantic import BaseModel, Field

from services.api.inputs import Code, Name
from services.api.units.importing.rows import SheetKind
from shared.domain.competence import AuthorityKind, SubjectMatter
from shared.domain.jurisdiction import Change, Level, UnitKind

_TO = "The first day on which it is no more"


class UnitOut(BaseModel):
    """An administrative unit as of a day."""

    code: str
    name: str
    kind: UnitKind
    level: Level
    parent: str | None
    official_code: str | None = Field(description="Absent: not known")
    valid_from: date
    valid_to: date | None = Field(description=_TO)
    legal_basis: str
    source: str = Field(description="Where this was read, or that it is from memory")
    facilities: int = Field(description="Of yours, that lay in it or below it on that day")
    officers: int | None = Field(
        description="Child-protection officers in post; absent: no commune, or none of yours"
    )


class SuccessionOut(BaseModel):
    """What a unit followed, or what followed it."""

    code: str | None = Field(description="Absent: nothing followed")
    name: str | None
    kind: Change
    effective_on: date
    legal_basis: str
    source: str


class AuthorityOut(BaseModel):
    """A body during its term."""

    code: str
    name: str
    kind: AuthorityKind
    unit: str | None = Field(description="Absent: of the whole state")
    valid_from: date
    valid_to: date | None = Field(description=_TO)
    successor: str | None
    legal_basis: str
    source: str


class CompetenceOut(BaseModel):
    """What an authority decides, from when to when."""

    id: int
    authority: str
    authority_name: str
    unit: str | None
    subject_matter: SubjectMatter
    scope: str
    legal_basis: str
    valid_from: date
    valid_to: date | None = Field(description=_TO)
    review_on: date | None = Field(description="When to ask whether this is still the law")
    source: str


class PlaceOut(BaseModel):
    """A unit on the way up."""

    code: str
    name: str
    level: Level


class CompetentOut(BaseModel):
    """Who decides on something in a unit: those nearest to it."""

    subject_matter: SubjectMatter
    authorities: list[str]


class LyingOut(BaseModel):
    """A facility, and where it lies today."""

    code: str
    name: str
    unit_now: str
    unit_name_now: str


class UnitDetailOut(UnitOut):
    """One unit with its place in the order of its day and of all times."""

    path: list[PlaceOut] = Field(description="Itself and all above it, the nearest first")
    predecessors: list[SuccessionOut]
    successors: list[SuccessionOut]
    competent: list[CompetentOut]


class OfficerOut(BaseModel):
    """Somebody in post in a unit."""

    user_id: int
    name: str
    role: str
    authority: str | None
    is_deputy: bool
    time_share_percent: int | None
    legal_basis: str


class SheetOut(BaseModel):
    """How many rows of a sheet are new, change something, or stand as they are."""

    sheet: SheetKind
    added: int
    changed: int
    unchanged: int


class RowFaultOut(BaseModel):
    """What is wrong in a row, and what to do about it."""

    file: str
    line: int
    column: str
    wrong: str
    advice: str


class ImportOut(BaseModel):
    """What was brought in, or would be; with faults nothing is."""

    is_written: bool
    sheets: list[SheetOut]
    faults: list[RowFaultOut]


class ReorganisationOut(BaseModel):
    """A day on which units ended."""

    effective_on: date
    ended: int
    begun: int
    moved: int = Field(description="Facilities of yours that were moved")
    waiting: int = Field(
        description="Facilities of yours that still lie in units which end on that day"
    )


class StrandedOut(BaseModel):
    """A facility whose unit is no more; somebody must say where it lies."""

    facility: str
    name: str
    unit: str
    since: date
    candidates: list[str]


class ChoiceIn(BaseModel):
    """Where a facility of a split unit goes."""

    facility: Code
    admin_unit: Code
    legal_basis: Name
