"""Agencies and their keys as JSON."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from services.api.inputs import Code, Name, Text, in_plain_sight

#: Enough for the largest province in one night, and not for the country in an hour.
USUAL_RECORDS = 200_000
MOST_RECORDS = 10_000_000
MAX_URL = 2000

Url = Annotated[Text, StringConstraints(max_length=MAX_URL)]
Kid = Annotated[str, StringConstraints(max_length=200), AfterValidator(in_plain_sight)]


class KeyIn(BaseModel):
    """A public key to register; the private half never leaves the agency."""

    jwk: dict[str, Any] = Field(description="RFC 7517: RSA (PS256), P-256 (ES256) or Ed25519")
    not_before: AwareDatetime | None = Field(None, description="Absent: from now on")
    not_after: AwareDatetime | None = Field(None, description="Absent: until it is revoked")


class KeyEnd(BaseModel):
    """Until when a key is still taken, while the next one is in use already."""

    not_after: AwareDatetime


class AgencyIn(BaseModel):
    """An agency to register: with its keys, or with the address where it publishes them."""

    code: Code = Field(max_length=64, description="The client_id; it goes into every assertion")
    name: Name
    authority: Code = Field(description="The code of the authority that it is or works for")
    contact_office: Name = Field(description="An office to write to; never a person")
    jwks: dict[str, Any] | None = Field(None, description='RFC 7517: {"keys": […]}')
    jwks_uri: Url | None = Field(None, description="https, a public name, port 443 or 8443")
    requires_dpop: bool = Field(
        default=True, description="Every token is bound to a key. Off: it reads nothing by name"
    )
    daily_records: int = Field(USUAL_RECORDS, ge=1, le=MOST_RECORDS)


class KeyOut(BaseModel):
    """A public key on record."""

    kid: str
    thumbprint: str = Field(description="RFC 7638, SHA-256")
    kty: str
    is_fetched: bool = Field(description="From jwks_uri; else registered by hand")
    not_before: datetime
    not_after: datetime | None
    created_at: datetime
    revoked_at: datetime | None


class AgencyOut(BaseModel):
    """An agency on record."""

    code: str
    name: str
    authority: str
    authority_name: str
    contact_office: str
    jwks_uri: str | None
    jwks_fetched_at: datetime | None
    requires_dpop: bool
    daily_records: int
    records_today: int
    created_at: datetime
    revoked_at: datetime | None
    keys: list[KeyOut]
