"""What people do about an incident, as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from services.api.inputs import Text
from shared.domain.access import Role
from shared.domain.handling import Resolution, Verdict

#: Said by somebody; no child's name belongs here.
Note = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=2000)]
Said = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Number = Annotated[int, Field(ge=1, lt=2**63)]


class CommentIn(BaseModel):
    """A word to those who see to it."""

    kind: Literal["comment"]
    note: Said


class AssignIn(BaseModel):
    """Somebody in particular is to see to it; `read_assignees` says who may be."""

    kind: Literal["assign"]
    person: Number
    note: Note = ""


class SnoozeIn(BaseModel):
    """Nobody further is told before `until`; gaps go on record all the same."""

    kind: Literal["snooze"]
    until: datetime
    note: Said = Field(description="Why")


class ExplainIn(BaseModel):
    """Why it came to be, by the facility; an inspector accepts or rejects it."""

    kind: Literal["explain"]
    note: Said
    documents: list[Number] = Field(
        default=[], max_length=10, description="Scans of the facility's that prove it"
    )


class ReviewIn(BaseModel):
    """Whether the last explanation is accepted; by somebody else than who gave it."""

    kind: Literal["review"]
    verdict: Verdict
    note: Note = ""


class ResolveIn(BaseModel):
    """What it was. It ends when the watch goes on, not because of a word."""

    kind: Literal["resolve"]
    resolution: Resolution
    note: Note = ""


ActionIn = Annotated[
    CommentIn | AssignIn | SnoozeIn | ExplainIn | ReviewIn | ResolveIn,
    Field(discriminator="kind"),
]


class AssigneeOut(BaseModel):
    """Somebody who may be asked to see to it."""

    person: int
    name: str
    roles: list[Role]
