"""Ladders as JSON."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from services.api.inputs import Name
from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.escalation import How
from shared.domain.ladders import MOST_RUNGS
from shared.domain.office_hours import Hours
from shared.domain.places import ZoneKind
from shared.domain.states import Severity

PlaceCode = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_MONTH_S = 31 * 86_400


class StepIn(BaseModel):
    """Who is told after how long without anybody taking it up."""

    role: Role
    after_s: int = Field(ge=0, le=_MONTH_S, description="Since it was opened; no less than before")
    hours: Hours = Field(
        default=Hours.ANY,
        description="Office hours are Mon-Fri 07:30-11:30 and 13:30-17:00, not on holidays",
    )
    channels: list[Channel] = Field(
        default=[Channel.EMAIL], min_length=1, max_length=3, description="In this order; no webhook"
    )
    needs_all: bool = Field(default=False, description="Each of those told must acknowledge")
    repeat_s: int | None = Field(
        default=None, ge=60, le=_MONTH_S, description="Told again so often, without end"
    )


class LadderIn(BaseModel):
    """For a facility, a unit and all below it, or, with neither, everywhere."""

    name: Name
    facility: PlaceCode | None = None
    unit: PlaceCode | None = None
    severity: Severity | None = Field(default=None, description="Any, if absent")
    zone_kind: ZoneKind | None = Field(default=None, description="Any, if absent")
    steps: list[StepIn] = Field(min_length=1, max_length=MOST_RUNGS, description="In their order")

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if self.facility is not None and self.unit is not None:
            raise ValueError("name a facility or a unit, not both")
        return self


class StepsIn(BaseModel):
    """What takes the place of the steps of a ladder."""

    name: Name | None = None
    steps: list[StepIn] = Field(min_length=1, max_length=MOST_RUNGS, description="In their order")


class StepOut(BaseModel):
    """One step, and the facilities in which nobody can be told."""

    number: int
    role: Role
    after_s: int
    hours: Hours
    channels: list[Channel]
    needs_all: bool
    repeat_s: int | None
    nobody_at: list[str] = Field(default=[], description="Codes of facilities, at most 20")
    nobody_at_count: int = 0


class LadderOut(BaseModel):
    """A ladder. `id` 0 is the one for everything for which there is no other."""

    id: int
    name: str
    facility: str | None = None
    facility_name: str | None = None
    unit: str | None = None
    unit_name: str | None = None
    severity: Severity | None = None
    zone_kind: ZoneKind | None = None
    valid_from: datetime
    valid_to: datetime | None = None
    steps: list[StepOut]
    may_change: bool = False


class TurnOut(BaseModel):
    """Who would be told when, if it began now and nobody acted."""

    number: int
    role: Role
    due_at: datetime
    after_s: int
    hours: Hours
    channels: list[Channel]
    needs_all: bool
    repeat_s: int | None
    how: How = Field(description="By the rota, because they hold the role, or nobody")
    people: list[str] = Field(description="Names for those who may know them, else numbers")


class PreviewOut(BaseModel):
    """The ladder that counts for a facility, step by step."""

    facility: str
    ladder: int | None = Field(description="Absent: none is on record, so the usual one")
    ladder_name: str
    turns: list[TurnOut]
