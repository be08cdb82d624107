"""Logging in and out, as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from shared.domain.access import Role


class LoginIn(BaseModel):
    """Who one says one is."""

    email: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=256)


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
    user: UserOut
