"""Facts, checks and standings of facilities as JSON."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from services.api.facilities.asked import FIRST_DAY
from services.api.facilities.schemas import (
    Address,
    CaresForChildren,
    Children,
    Latitude,
    Longitude,
)
from services.api.inputs import Code, Name, Text, composed, in_plain_sight
from shared.domain.conditions import Finding, OperatingCondition, Outcome
from shared.domain.facility_status import FactKind, LicenceState, Status
from shared.domain.facility_types import FacilityType
from shared.domain.licence_expiry import Urgency

Day = Annotated[date, Field(ge=FIRST_DAY, lt=date(2200, 1, 1))]
Number = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100),
    AfterValidator(in_plain_sight),
    AfterValidator(composed),
]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=300),
    AfterValidator(in_plain_sight),
    AfterValidator(composed),
]
Note = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=2000)]

#: What a fact cannot do without, besides the day on which it took effect.
NEEDED: Final[Mapping[FactKind, tuple[str, ...]]] = {
    FactKind.DISCOVERED: ("note",),
    FactKind.REGISTRATION: ("number",),
    FactKind.ESTABLISHMENT: ("number",),
    FactKind.LICENCE_ISSUED: ("number",),
    FactKind.LICENCE_AMENDED: ("number",),
    FactKind.REMEDY_ORDERED: ("number", "due_on"),
    FactKind.REMEDY_ACCEPTED: (),
    # Children live there: where they go is planned with the decision, not after it.
    FactKind.SUSPENDED: ("number", "due_on", "children_to_move"),
    FactKind.SUSPENSION_LIFTED: ("number",),
    FactKind.LICENCE_REVOKED: ("number",),
    FactKind.DISSOLVED: ("number",),
}
_WITH_END: Final = frozenset({FactKind.LICENCE_ISSUED, FactKind.LICENCE_AMENDED})


class FactIn(BaseModel):
    """Something to put on record; no child is named in it."""

    kind: FactKind
    effective_on: Day = Field(description="The first day on which it holds")
    number: Number = Field(default="", description="Of the certificate, licence or decision")
    decided_on: Day | None = Field(default=None, description="The day on the paper")
    applied_on: Day | None = Field(
        default=None, description="When the request was complete; the time limit runs then"
    )
    authority: Annotated[Text, Field(max_length=100)] | None = Field(
        default=None, description="Code of the authority that decided"
    )
    legal_basis: Line = ""
    scope: Note = Field(default="", description="What a licence allows")
    last_day: Day | None = Field(default=None, description="The last day of a licence")
    due_on: Day | None = Field(
        default=None, description="Of a remedy; of the plan to move the children after a suspension"
    )
    children_to_move: Children | None = Field(default=None, description="A head count")
    note: Note = Field(default="", description="Of a discovery: how it was discovered")

    @model_validator(mode="after")
    def _is_whole(self) -> "FactIn":
        missing = [name for name in NEEDED[self.kind] if getattr(self, name) in {"", None}]
        if missing:
            raise ValueError(f"{self.kind} needs {' and '.join(missing)}")
        if self.last_day is not None and self.kind not in _WITH_END:
            raise ValueError("only a licence has a last day")
        if self.last_day is not None and self.last_day < self.effective_on:
            raise ValueError("the last day lies before the first")
        return self


class FactOut(BaseModel):
    """A fact on record."""

    id: int
    kind: FactKind
    effective_on: date
    number: str
    decided_on: date | None
    applied_on: date | None
    answer_due_on: date | None = Field(
        description="By when a request had to be answered: 5 working days for a registration, "
        "15 for a licence; lunar holidays are not counted out"
    )
    authority: str | None
    authority_name: str | None
    legal_basis: str
    scope: str
    last_day: date | None
    due_on: date | None
    children_to_move: int | None
    note: str
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_because: str


class WithdrawalIn(BaseModel):
    """Why an entry was wrong."""

    because: Annotated[Note, StringConstraints(min_length=1)]


class ResultIn(BaseModel):
    """What was found of one condition."""

    condition: OperatingCondition
    finding: Finding
    note: Line = ""


class CheckIn(BaseModel):
    """A check of the operating conditions."""

    checked_on: Day
    authority: Annotated[Text, Field(max_length=100)] | None = Field(
        default=None, description="Code of the authority that checked"
    )
    number: Number = Field(default="", description="Of the minutes")
    legal_basis: Line = ""
    note: Note = ""
    results: list[ResultIn] = Field(min_length=1, max_length=len(OperatingCondition))

    @model_validator(mode="after")
    def _names_each_once(self) -> "CheckIn":
        if len({one.condition for one in self.results}) < len(self.results):
            raise ValueError("a condition is named twice")
        return self


class ResultOut(BaseModel):
    """What was found of one condition."""

    condition: OperatingCondition
    finding: Finding
    note: str


class CheckOut(BaseModel):
    """A check on record."""

    id: int
    checked_on: date
    authority: str | None
    authority_name: str | None
    number: str
    legal_basis: str
    note: str
    outcome: Outcome
    results: list[ResultOut]
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_because: str


class StandingOut(BaseModel):
    """The three facts of a day: registered? licensed? meets the conditions?"""

    on: date
    status: Status
    is_registered: bool
    registration: FactOut | None = Field(description="The certificate or decision in force")
    licence_state: LicenceState
    licence: FactOut | None = Field(description="The licence as issued; also if it has ended")
    licence_last_day: date | None
    urgency: Urgency | None = Field(description="How near the licence's end is")
    conditions: Outcome | None = Field(description="By the last check; absent: never checked")
    check: CheckOut | None
    possible: list[FactKind] = Field(description="What can be put on record next, on that day")


class ExpiringOut(BaseModel):
    """A licence that ends soon or has ended."""

    facility: str
    name: str
    admin_unit: str
    last_day: date
    days_left: int = Field(description="Today included; zero or less: it has ended")
    urgency: Urgency


class Source(StrEnum):
    """How a facility came to be known."""

    CITIZEN = "citizen"
    COMMUNE = "commune"
    INSPECTION = "inspection"
    HOTLINE_111 = "hotline_111"
    POLICE = "police"
    OTHER = "other"


class DiscoveryIn(BaseModel):
    """A facility that operates and that nobody has registered."""

    name: Name
    code: Code | None = Field(default=None, description="Default: made from the name")
    admin_unit: str | None = Field(default=None, max_length=100)
    type: FacilityType = FacilityType.OTHER
    cares_for_children: CaresForChildren = True
    address: Address = ""
    children: Children = 0
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    discovered_on: Day | None = Field(default=None, description="Default: today")
    source: Source = Source.OTHER
    how: Annotated[Note, StringConstraints(min_length=1)] = Field(
        description="How it was discovered; name nobody"
    )
