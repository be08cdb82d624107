"""Rules for foreign messages, and what a message means by them, as JSON."""

import base64
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from services.api.adapters.prefix import levels_of
from services.api.inputs import Text, in_plain_sight
from shared.contracts.adapters.rules import ANY_NAME, Dialect
from shared.domain.states import Hint, Refusal, WatchState

_BASE64: Final = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
DeviceOfOurs = Annotated[str, Field(max_length=200, description="Code of a device in service here")]
Prefix = Annotated[
    str,
    BeforeValidator(levels_of),
    StringConstraints(max_length=200),
    AfterValidator(in_plain_sight),
    Field(
        description="Levels between the publisher's own topic and where the program's topics begin;"
        " mostly what is set as its base topic. Empty if they begin right there"
    ),
]
#: Kept letter by letter: it must equal what the device sends.
ForeignName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(in_plain_sight),
    Field(description="As the program calls it; `*` for whatever has no rule of its own"),
]


class RuleIn(BaseModel):
    """Below the publisher's topic and the prefix, this name is that device."""

    publisher: DeviceOfOurs
    dialect: Dialect
    prefix: Prefix = ""
    name: ForeignName = ANY_NAME
    device: DeviceOfOurs


class RuleChange(BaseModel):
    """What is sent changes, the rest stays. It is a new rule in place of the old one."""

    publisher: DeviceOfOurs | None = None
    dialect: Dialect | None = None
    prefix: Prefix | None = None
    name: ForeignName | None = None
    device: DeviceOfOurs | None = None


class RuleOut(BaseModel):
    """A rule in force."""

    id: int
    publisher: str
    dialect: Dialect
    prefix: str
    name: str
    device: str
    is_in_service: bool = Field(description="Both devices are; without them it has no effect")
    created_at: datetime


class MessageIn(BaseModel):
    """A message to try, as it was or would be published. Nothing is credited."""

    publisher: DeviceOfOurs | None = Field(
        default=None, description="May be left out if the topic is a full one"
    )
    topic: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    payload: Annotated[str, StringConstraints(max_length=200_000)] | None = None
    payload_base64: (
        Annotated[str, StringConstraints(pattern=_BASE64, max_length=300_000)] | None
    ) = Field(default=None, description="Instead of `payload`, for what is no text")
    retained: bool = False
    rules: Annotated[list[RuleIn], Field(max_length=100)] = Field(
        default=[], description="As if these were in force too, before those of the same name"
    )

    @model_validator(mode="after")
    def _has_one_payload(self) -> "MessageIn":
        if self.payload is not None and self.payload_base64 is not None:
            raise ValueError("send either payload or payload_base64, not both")
        return self

    @property
    def whole(self) -> bytes:
        if self.payload_base64 is not None:
            return base64.b64decode(self.payload_base64)
        return (self.payload or "").encode("utf-8", errors="surrogatepass")


class Outcome(StrEnum):
    """What becomes of a foreign message."""

    UNDERSTOOD = "understood"
    NOTHING_STATED = "nothing_stated"
    UNREADABLE = "unreadable"
    NO_RULE = "no_rule"
    RETAINED = "retained"
    OUR_OWN = "our_own"


class CreditOut(BaseModel):
    """The span that would be counted, half-open."""

    start: datetime
    end: datetime


class AttestedOut(BaseModel):
    """A device watched for a while."""

    device: str
    start: datetime = Field(description="Without one of its own: one interval before `end`")
    end: datetime
    is_one_interval: bool = Field(description="The message does not say since when")
    state: WatchState
    readings: dict[str, float]
    credited: CreditOut | None = Field(description="What would be counted, had it arrived just now")
    refusal: Refusal | None = Field(description="Why nothing would be counted")
    words: str


class ToldOut(BaseModel):
    """A fault or a hint begins to hold for a device, or ceases to. Never evidence."""

    device: str
    condition: WatchState | Hint
    holds: bool
    at: datetime
    words: str


class GuessOut(BaseModel):
    """A rule with which this message would be understood."""

    dialect: Dialect
    prefix: str
    names: list[str]


class MeaningOut(BaseModel):
    """What a message means by the rules in force and those sent along."""

    publisher: str
    topic: str = Field(description="Below the publisher's own")
    outcome: Outcome
    dialect: Dialect | None
    prefix: str = Field(description="Of the rules it was read by")
    attestations: list[AttestedOut]
    conditions: list[ToldOut]
    unmapped: list[str] = Field(description="Names that no rule assigns to a device")
    expected: str | None = Field(description="What the dialect expected, where it is unreadable")
    guesses: list[GuessOut] = Field(description="Where no rule applies: which one would")
    words: str = Field(description="The outcome in your language")


class UnknownOut(BaseModel):
    """A foreign name seen lately that no rule knows, and where."""

    publisher: str
    dialect: Dialect
    prefix: str
    name: str
    is_guess: bool = Field(description="No rule applies there yet; dialect and prefix are a guess")
    count: int
    last_at: datetime
    quarantine: list[int] = Field(description="The entries it was seen in; replay them afterwards")


class UnknownsOut(BaseModel):
    """Names to be mapped, newest first."""

    items: list[UnknownOut]
    mapped_since: list[int] = Field(
        description="Entries of quarantine that rules made since would understand: replay them"
    )
