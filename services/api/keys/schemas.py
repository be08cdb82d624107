"""Devices' public keys as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

#: Longer than any PEM of 32 bytes.
MAX_TEXT = 1000


class KeyIn(BaseModel):
    """A public key to register; the private one never leaves the device."""

    public_key: str = Field(
        max_length=MAX_TEXT,
        description="Ed25519: the 32 bytes in standard base64, or PEM (SubjectPublicKeyInfo)",
    )


class KeyOut(BaseModel):
    """A public key on record."""

    fingerprint: str = Field(description="The first 16 hex digits of SHA-256 of the 32 bytes")
    public_key: str = Field(description="The 32 bytes in standard base64")
    created_at: datetime
    revoked_at: datetime | None
