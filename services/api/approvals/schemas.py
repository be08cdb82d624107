"""Requests that need four eyes, as JSON."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from services.api.inputs import Text
from shared.domain.approvals import Dataset, Decision, Kind, Obstacle, Repeats, State

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=1000)]
PlaceCode = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ApprovalIn(BaseModel):
    """A request: for one facility, or for an administrative unit with all in it."""

    kind: Kind
    facility: PlaceCode | None = None
    unit: PlaceCode | None = Field(default=None, description="Not for a mute or a correction")
    zone: PlaceCode | None = Field(default=None, description="Not an export: only this zone")
    device: PlaceCode | None = Field(default=None, description="… or only this device")
    dataset: Dataset | None = Field(default=None, description="Export: what it holds")
    first_day: date | None = Field(default=None, description="Export of the access log")
    last_day: date | None = Field(default=None, description="… and this day, too")
    starts_at: AwareDatetime | None = Field(
        default=None,
        description="Not an export. Nothing reaches back but a correction, which is of what is "
        "over, 90 days ago at most",
    )
    ends_at: AwareDatetime | None = Field(
        default=None, description="A mute lasts 24 hours at most, the others 30 days"
    )
    repeats: Repeats | None = Field(
        default=None, description="Maintenance: again and again; the window is the first time"
    )
    repeats_until: AwareDatetime | None = Field(
        default=None, description="… and no time begins then or later; within a year"
    )
    reason: Annotated[Reason, Text] = Field(description="Whoever decides reads it, and it stays")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.facility is None) == (self.unit is None):
            raise ValueError("name either a facility or a unit")
        if self.kind is Kind.NAMED_EXPORT:
            self._must_be_an_export()
        elif self.dataset or self.first_day or self.last_day:
            raise ValueError("a dataset and its days belong to an export")
        if self.kind in {Kind.MUTE, Kind.CORRECTION} and self.unit is not None:
            raise ValueError("only what is in one facility can be muted, or corrected")
        if (self.repeats is None) != (self.repeats_until is None):
            raise ValueError("what repeats says until when, and nothing else does")
        if self.zone and self.device:
            raise ValueError("name a zone or a device, not both")
        if (self.zone or self.device) and self.facility is None:
            raise ValueError("a zone or a device needs its facility")
        return self

    def _must_be_an_export(self) -> None:
        if self.dataset is None:
            raise ValueError("say which dataset is to be exported")
        if self.zone or self.device or self.starts_at or self.ends_at or self.repeats:
            raise ValueError("an export has no zone, device or window")
        is_log = self.dataset is Dataset.ACCESS_LOG
        if is_log != (self.first_day is not None) or is_log != (self.last_day is not None):
            raise ValueError("an export of the access log, and only that, has first and last days")
        if (
            self.first_day
            and self.last_day
            and not 0 <= (self.last_day - self.first_day).days < 367
        ):
            raise ValueError("the last day is not before the first, nor a year after it")


class DecisionIn(BaseModel):
    """What somebody else says to a request."""

    decision: Decision
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), Text] = ""


class WhoOut(BaseModel):
    """Somebody who acted; by name where you may know who acts."""

    number: int
    name: str


class ApprovalOut(BaseModel):
    """A request, and what became of it."""

    id: int
    kind: Kind
    state: State
    facility: str | None
    facility_name: str | None
    unit: str | None
    unit_name: str | None
    subject: dict[str, Any]
    reason: str
    requested_by: WhoOut
    requested_at: AwareDatetime
    starts_at: AwareDatetime | None
    ends_at: AwareDatetime | None
    repeats: Repeats | None = Field(description="If so, the window is the first time")
    repeats_until: AwareDatetime | None
    expires_at: AwareDatetime
    holds_from: AwareDatetime | None = Field(
        description="Never before its approval, whenever it was to begin. A correction excuses the "
        "time before, but from then on only, and is known as one"
    )
    decided_by: WhoOut | None
    decided_at: AwareDatetime | None
    decision_note: str
    ended_by: WhoOut | None
    ended_at: AwareDatetime | None
    fetch_until: AwareDatetime | None = Field(description="An export that you may fetch now")
    copies: int = Field(description="How often it was fetched")
    may_decide: bool
    may_end: bool


#: What is wrong, and what to do about it.
OBSTACLES: dict[Obstacle, tuple[str, str]] = {
    Obstacle.NO_WINDOW: ("It does not say when.", "Send `starts_at` and `ends_at`."),
    Obstacle.ENDS_BEFORE_IT_BEGINS: ("It ends before it begins.", "Let it end later."),
    Obstacle.ALREADY_OVER: (
        "It is over already.",
        "What was cannot be muted; ask for a `correction` to have its gaps excused afterwards.",
    ),
    Obstacle.BEGINS_IN_THE_PAST: (
        "It begins in the past, and holds only from its approval on.",
        "Let it begin now or later; ask for a `correction` for the time before, once it is over.",
    ),
    Obstacle.NOT_OVER_YET: (
        "A correction is of time that is over.", "For what is to come ask for `maintenance`."
    ),
    Obstacle.TOO_LONG_AGO: (
        "It is more than 90 days ago.", "What was reported so long ago is not corrected here."
    ),
    Obstacle.TOO_LONG: (
        "It is too long.", "A mute lasts 24 hours at most, maintenance 30 days."
    ),
    Obstacle.OVERLAPS_ITSELF: (
        "It lasts into its next time.", "Let it end before it begins again, or let it not repeat."
    ),
    Obstacle.ONLY_MAINTENANCE_REPEATS: (
        "Only maintenance repeats.", "A mute is asked for each time."
    ),
    Obstacle.SERIES_TOO_LONG: (
        "It repeats for too long.", "Let it repeat for a year at most, and after its begin."
    ),
    Obstacle.TOO_FAR_AHEAD: ("It begins in more than 90 days.", "Ask nearer to the time."),
    Obstacle.NOT_OPEN: ("It is not open any more.", "Ask anew if it is still needed."),
    Obstacle.OWN_REQUEST: ("It is your own request.", "Somebody else must decide."),
    Obstacle.SAME_PERSON: (
        "Both accounts are one person's.", "Somebody else must decide."
    ),
    Obstacle.NOT_IN_FORCE: ("It cannot be fetched now.", "An export is open for 24 hours."),
    Obstacle.NOT_THE_REQUESTER: ("Only who asked may fetch it.", "Ask for an export of your own."),
}  # fmt: skip
