"""Invitations as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from services.api.inputs import Name, Text
from services.api.people.schemas import AppointmentIn, Email
from services.api.sessions.schemas import MOST_TYPED
from shared.domain.access import Role


class InvitationIn(AppointmentIn):
    """Whom to invite to which role."""

    email: Email
    language: Literal["vi", "en"] = "vi"


class State(StrEnum):
    """What became of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


class InvitationOut(BaseModel):
    """An invitation, by number; its address only for those who may see who works there."""

    id: int
    email: str | None
    role: Role | None = Field(description="Absent: to prove anew who one is")
    person: int | None = Field(description="Whose proofs it resets")
    facility: str | None
    admin_unit: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    invited_at: datetime
    expires_at: datetime
    state: State
    mail: Literal["pending", "sent", "dead"] | None


class InvitedOut(BaseModel):
    """The link is shown this once, to be handed over; it goes out by mail as well."""

    invitation: InvitationOut
    link: str | None = Field(description="Absent where the link is for its reader alone")


class AcceptanceIn(BaseModel):
    """What whoever was invited says of themselves."""

    token: Text = Field(max_length=200)
    name: Name
    language: Literal["vi", "en"] = "vi"
    passphrase: Text = Field(max_length=MOST_TYPED)


class TokenIn(BaseModel):
    """The secret of a link."""

    token: Text = Field(max_length=200)
