"""What a pull asks for, and what it gets as JSON."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.api.feeds.formats import Format
from services.api.inputs import Text
from shared.domain.disclosure import Dataset, Level


class PullIn(BaseModel):
    """The query of a pull."""

    model_config = ConfigDict(populate_by_name=True)

    grant: int | None = Field(None, ge=1, le=2**63 - 1, description="Under which grant")
    cursor: Text | None = Field(None, max_length=1000, description="`next` of a page")
    since: Text | None = Field(
        None, max_length=1000, description="`since` of the last page: what changed after it"
    )
    facility: Text | None = Field(
        None, max_length=200, description="Only this one, by the name you know it by"
    )
    first_day: date | None = Field(None, alias="from", description="First local day")
    to: date | None = Field(None, description="Last local day, not included; for counts")
    limit: int = Field(200, ge=1, le=1000)
    written: Format | None = Field(None, alias="format", description="Else by Accept")


class PullOut(BaseModel):
    """A page of a feed."""

    grant: int
    dataset: Dataset
    level: Level
    purpose: str
    legal_basis: str
    items: list[dict[str, Any]] = Field(
        description="`change` put: this is how `key` is now. remove: it is no more, `because`; "
        "without `key`, all of that `facility`. At level aggregate: counts of units, complete"
    )
    next: str | None = Field(description="Send it as `cursor`, until there is none")
    since: str | None = Field(description="Keep it; send it as `since` the next time")
