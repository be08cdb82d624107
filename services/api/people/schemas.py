"""People and roles as JSON."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from services.api.inputs import Code, Name, in_plain_sight
from shared.domain.access import Role

#: What every mail server takes.
_USABLE: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def _usable(text: str) -> str:
    if not _USABLE.fullmatch(text):
        raise ValueError("it is no e-mail address")
    return text


Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=254),
    AfterValidator(_usable),
]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=300),
    AfterValidator(in_plain_sight),
]


class AppointmentIn(BaseModel):
    """A role at one place: a facility, a unit and all below it, or everywhere."""

    role: Role
    facility: Code | None = None
    admin_unit: Code | None = None
    valid_from: AwareDatetime | None = Field(default=None, description="Now, if absent")
    valid_to: AwareDatetime | None = None
    authority: Code | None = Field(default=None, description="In whose name")
    legal_basis: Line = ""
    is_deputy: bool = False
    time_share_percent: int | None = Field(default=None, ge=1, le=100)


class TermIn(BaseModel):
    """Another end of a role; none, to let it last."""

    valid_to: AwareDatetime | None


class EndIn(BaseModel):
    """Why something ends."""

    because: Line = Field(min_length=1)


class HeldOut(BaseModel):
    """A role that somebody holds, held or will hold."""

    id: int
    role: Role
    facility: str | None
    facility_name: str | None
    admin_unit: str | None
    admin_unit_name: str | None
    valid_from: datetime
    valid_to: datetime | None
    authority: str | None
    legal_basis: str
    is_deputy: bool
    time_share_percent: int | None
    ends_because: str


class PersonOut(BaseModel):
    """Somebody, by number; by name only for those who may see who works there."""

    id: int
    name: Name | None
    email: str | None
    language: Literal["vi", "en"]
    created_at: datetime
    disabled_at: datetime | None
    roles: list[HeldOut] = Field(description="Those within one's own place")
