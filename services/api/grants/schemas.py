"""Grants as JSON."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from services.api.inputs import Code, Name, in_plain_sight
from shared.domain.disclosure import Dataset, GrantState, Level

Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    AfterValidator(in_plain_sight),
]


class GrantIn(BaseModel):
    """What somebody proposes that an agency may read."""

    agency: Code
    dataset: Dataset
    unit: Code | None = Field(None, description="A unit, with all below it as of each day")
    facility: Code | None = Field(None, description="Or one facility; neither: the country")
    purpose: Words
    legal_basis: Words
    level: Level = Field(description="How closely a facility can be recognised")
    valid_from: AwareDatetime | None = Field(None, description="Absent: once it is approved")
    valid_to: AwareDatetime = Field(description="Two years at most; then it is looked at again")


class ReasonIn(BaseModel):
    """Why a grant is refused or revoked; the agency and the facilities may read it."""

    reason: Name


class GrantOut(BaseModel):
    """A grant on record."""

    id: int
    agency: str
    agency_name: str
    dataset: Dataset
    unit: str | None
    unit_name: str | None
    facility: str | None
    facility_name: str | None
    purpose: str
    legal_basis: str
    level: Level
    valid_from: datetime
    valid_to: datetime
    state: GrantState
    proposed_at: datetime
    approved_at: datetime | None
    refused_at: datetime | None
    revoked_at: datetime | None
    revoked_by_agency: bool
    reason: str
    may_decide: bool = Field(description="Whether the caller may approve or refuse it")
    may_revoke: bool


class PreviewOut(BaseModel):
    """The first lines that a grant lets through, as the agency would get them today."""

    items: list[dict[str, Any]]
    fields: list[str]


class ReadOut(BaseModel):
    """That an agency read something of a facility."""

    at: datetime
    agency: str
    agency_name: str
    facility: str
    facility_name: str
    dataset: str
    purpose: str
    grant: int | None
    level: str
    records: int


class SharingOut(BaseModel):
    """Who may read of a facility, and who did."""

    grants: list[GrantOut]
    reads: list[ReadOut] | None = Field(description="Newest first; absent if not yours to see")
