"""Policies and purges as JSON."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from shared.domain.retention import Dataset


class PolicyOut(BaseModel):
    """For how long a dataset is kept."""

    dataset: Dataset
    is_kept: bool = Field(description="For good: it is the record itself")
    keep_months: int | None
    keep_days: int | None = Field(description="Besides the months")
    by_month: bool = Field(description="Goes by whole months, so up to a month later")
    is_emptied: bool = Field(description="Rows stay; addresses and words are taken out of them")
    reason: str = Field(description="The law or decision behind it")
    valid_from: datetime
    purged_at: datetime | None = Field(description="When something of it went last")


class PurgeOut(BaseModel):
    """What went in one step, and by which policy."""

    id: int
    purged_at: datetime
    dataset: Dataset
    part: str | None = Field(description="Of the table, if it went as a whole")
    before_day: date = Field(description="Whatever went is of a day before this")
    rows: int
    keep_months: int | None
    keep_days: int | None
