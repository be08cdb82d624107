"""Second factors as JSON."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.api.inputs import Name, Text
from services.api.sessions.schemas import SessionOut


class PasskeyOut(BaseModel):
    """One of one's passkeys."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


class FactorsOut(BaseModel):
    """With what one proves who one is, besides the passphrase."""

    app_since: datetime | None = Field(description="Since when codes of an app count")
    passkeys: list[PasskeyOut]
    recovery_codes_left: int


class AppOut(BaseModel):
    """Shown this once. It counts as soon as a code of it was sent to `/factors/app/confirm`."""

    secret: str
    address: str = Field(description="What the QR code holds")


class CodeIn(BaseModel):
    """A code of the app, or of the paper."""

    code: Text = Field(min_length=6, max_length=40)


class CredentialIn(BaseModel):
    """What the browser's `navigator.credentials` gave, as JSON."""

    credential: dict[str, Any]


class PasskeyIn(CredentialIn):
    """The same, of a new passkey, and what its owner calls it."""

    name: Name


class RecoveryCodesOut(BaseModel):
    """Shown this once; those before are void."""

    codes: list[str]


class SetUpOut(BaseModel):
    """A second factor counts from now on."""

    session: SessionOut | None = Field(
        description="In place of the one with which it was set up, if that goes further now"
    )
    recovery_codes: list[str] | None = Field(description="With the first of one's second factors")
