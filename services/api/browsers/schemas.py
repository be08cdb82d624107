"""One's own browsers as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.api.contact_points.schemas import Label, SentTextOut
from services.api.inputs import Text

_MOST_IN_ENDPOINT = 2000
_MOST_IN_KEY = 200


class PushKeyOut(BaseModel):
    """What a browser is given when it subscribes."""

    key: str = Field(description="The `applicationServerKey`: a point of P-256 in base64url")


class BrowserOut(BaseModel):
    """One of one's own. Where it is reached is not told again."""

    id: int
    label: str
    service: str = Field(description="The host of its push service")
    fingerprint: str = Field(description="SHA-256 of its endpoint, in hex")
    created_at: datetime
    is_gone: bool = Field(description="Its push service knows it no longer")
    last_test: SentTextOut | None


class KeysIn(BaseModel):
    """As `PushSubscription.toJSON()` writes them, in base64url."""

    p256dh: Text = Field(max_length=_MOST_IN_KEY)
    auth: Text = Field(max_length=_MOST_IN_KEY)


class BrowserIn(BaseModel):
    """As `PushSubscription.toJSON()` writes it; without a label it is named by what it says."""

    endpoint: Text = Field(min_length=1, max_length=_MOST_IN_ENDPOINT)
    keys: KeysIn
    label: Label | None = None


class ShownIn(BaseModel):
    """That a browser showed a message."""

    ref: Text = Field(max_length=_MOST_IN_KEY)
