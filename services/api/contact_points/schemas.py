"""One's own telephones as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, Field, StringConstraints

from services.api.inputs import Name, Text
from shared.domain.delivery import Receipt

MOST_TYPED: Final = 40
Label = Annotated[Name, StringConstraints(max_length=60)]


class Spelling(StrEnum):
    """How Vietnamese is written: marks make messages shorter, or twice as many."""

    UNMARKED = "unmarked"
    MARKED = "marked"


class TextState(StrEnum):
    """What became of a code or a test."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"


class SentTextOut(BaseModel):
    """The last code or test to a telephone."""

    kind: str = Field(description="code or test")
    state: TextState
    asked_at: datetime
    receipt: Receipt | None = Field(description="What the gateway reported; null: nothing yet")


class TelephoneOut(BaseModel):
    """One of one's own."""

    id: int
    number: str = Field(description="E.164")
    label: str
    spelling: Spelling
    verified_at: datetime | None = Field(description="null: its code is still to be typed in")
    is_failing: bool = Field(description="Messages to it did not arrive lately")
    last_text: SentTextOut | None


class TelephoneIn(BaseModel):
    """A telephone that is to be told; a code is sent to it."""

    number: Text = Field(min_length=1, max_length=MOST_TYPED)
    label: Label | None = None
    spelling: Spelling = Spelling.UNMARKED


class TelephoneChangeIn(BaseModel):
    """What is to be different."""

    label: Label | None = None
    spelling: Spelling | None = None


class CodeIn(BaseModel):
    """The code that came by short message."""

    code: Text = Field(min_length=1, max_length=MOST_TYPED)
