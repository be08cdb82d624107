"""Imports as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from shared.domain.bulk import JobState, Kind, RowState, Verdict, Wish


class CountOut(BaseModel):
    """How many rows have come so far, and what they mean."""

    state: RowState
    verdict: Verdict | None
    rows: int


class JobOut(BaseModel):
    """A sheet that is being put on record."""

    id: int
    kind: Kind
    file_name: str
    state: JobState
    rows: int
    left: int = Field(description="Rows still to be worked on in this state")
    counts: list[CountOut]
    possible: list[Wish] = Field(description="What can be wanted of it now")
    stopped_because: str
    created_at: datetime
    changed_at: datetime


class RowFaultOut(BaseModel):
    """What is wrong with a row, where, and what to do."""

    column: str = Field(description="Empty: the row as a whole")
    code: str
    value: str
    wrong: str
    advice: str


class RowOut(BaseModel):
    """A row and what became of it."""

    line: int = Field(description="In the file")
    key: str
    state: RowState
    verdict: Verdict | None
    faults: list[RowFaultOut]


class WishIn(BaseModel):
    """What is wanted of a job."""

    wish: Wish


class ColumnOut(BaseModel):
    """A column of a sheet."""

    name: str
    is_required: bool
    hint: str
    also: list[str] = Field(description="Other headings under which it is understood")
    example: str
