"""Words of messages as JSON."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.api.inputs import composed
from shared.domain.delivery import Channel, MessageKind
from shared.domain.short_text import Alphabet
from shared.domain.templates import MOST_BODY, MOST_SUBJECT, Placeholder, Words

_MOST = max(MOST_BODY.values())


class Language(StrEnum):
    """In which its reader wants to read."""

    VIETNAMESE = "vi"
    ENGLISH = "en"


class Source(StrEnum):
    """Whose words count for a place."""

    OWN = "own"
    #: Of a unit around it, or of the whole country.
    AROUND = "around"
    SHIPPED = "shipped"


def _in_lines(text: str) -> str:
    """As forms and files end lines; nothing else invisible goes into a message."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for char in "".join(lines):
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            raise ValueError(f"it holds the invisible character U+{ord(char):04X}")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MOST_SUBJECT * 2),
    AfterValidator(_in_lines),
    AfterValidator(composed),
]
Lines = Annotated[
    str,
    StringConstraints(max_length=_MOST * 2),
    AfterValidator(_in_lines),
    AfterValidator(composed),
]


class WordsIn(BaseModel):
    """Words with `{name}` in them; a short message has no subject."""

    subject: Line = Field(default="", description=f"Of a mail; at most {MOST_SUBJECT} letters")
    body: Lines = Field(description="Every kind and channel says which names it may hold")

    @property
    def words(self) -> Words:
        return Words(" ".join(self.subject.split()), self.body)


class TestIn(WordsIn):
    """What is to be tried out, and by which of one's own telephones."""

    telephone: int | None = Field(
        default=None, ge=1, lt=2**63, description="One of one's own; else the first one proved"
    )


class TemplateOut(BaseModel):
    """What is said of one kind of message through one channel in one language."""

    kind: MessageKind
    channel: Channel
    language: Language
    unit: str | None = Field(description="The unit that was asked for; null: the whole country")
    source: Source
    source_unit: str | None = Field(description="Whose words they are; null: of no unit")
    subject: str
    body: str
    since: datetime | None = Field(description="null: these are the words we ship")
    may_change: bool


class PlaceholderOut(BaseModel):
    """One name that may stand in the words, in braces."""

    name: Placeholder
    in_subject: bool
    in_body: bool


class VersionOut(BaseModel):
    """Words that this place had, or has."""

    subject: str
    body: str
    valid_from: datetime
    valid_to: datetime | None
    changed_by: str | None = Field(description="A name for those who may know it, else a number")
    ended_by: str | None


class TemplateDetailOut(TemplateOut):
    """With what may stand in it, what we ship, and what was there before."""

    placeholders: list[PlaceholderOut]
    shipped_subject: str
    shipped_body: str
    versions: list[VersionOut] = Field(description="Of this place, the newest first; 50 at most")


class PreviewOut(BaseModel):
    """How words look when they are filled, with an incident that never was."""

    subject: str
    text: str
    unmarked: str | None = Field(description="A short message as most telephones get it")
    alphabet: Alphabet | None = Field(description="Of a short message with its marks")
    segments: int | None = Field(description="What it costs without marks")
    segments_marked: int | None = Field(description="What it costs with them")


class SentTestOut(BaseModel):
    """A test is on its way to whoever asked for it."""

    channel: Channel
    to: str = Field(description="One's own address or telephone")
