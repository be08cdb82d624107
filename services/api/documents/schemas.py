"""Documents as JSON; their content goes by another address."""

from datetime import datetime

from pydantic import BaseModel, Field


class DocumentOut(BaseModel):
    """A scan on record."""

    id: int
    title: str
    fact: int | None = Field(description="Of which fact it is the paper")
    check: int | None = Field(description="Of which check")
    media_type: str = Field(description="By its first bytes")
    size: int = Field(description="Bytes")
    sha256: str = Field(description="Of its content, hexadecimal")
    uploaded_at: datetime
    removed_at: datetime | None = Field(description="Its content is gone; this line stays")
