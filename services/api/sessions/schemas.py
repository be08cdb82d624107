"""Logging in and out, as JSON."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field

from services.api.inputs import Text
from shared.domain.access import Role
from shared.domain.assurance import Assurance, Standing

#: Of what is typed; in its normal form a passphrase has at most 128 characters.
MOST_TYPED: Final = 1024


class LoginIn(BaseModel):
    """Who one says one is."""

    email: Text = Field(min_length=1, max_length=254)
    password: Text = Field(min_length=1, max_length=MOST_TYPED)


class RoleOut(BaseModel):
    """A role at a place; everywhere, if no place is named."""

    role: Role
    facility: str | None = None
    admin_unit: str | None = None


class UserOut(BaseModel):
    """The person logged in."""

    email: str
    name: str
    language: str
    roles: list[RoleOut]


class SessionOut(BaseModel):
    """Send the token as `Authorization: Bearer …`; it is shown this once."""

    token: str
    expires_at: datetime
    standing: Standing = Field(description="How far the token goes")
    user: UserOut


class OwnSessionOut(BaseModel):
    """One of the sessions that one has open."""

    id: int
    began_at: datetime
    last_seen_at: datetime
    assurance: Assurance
    address: str
    device: str = Field(description="What the browser says that it is")
    is_current: bool
