"""Session tokens: 256 random bits, of which only the hash is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=12)
#: How exactly we know when somebody was last seen; a write per request would be too many.
SEEN_EVERY: Final = timedelta(minutes=1)

#: Where the console keeps its token.
COOKIE: Final = "giamsat_session"


def new() -> str:
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def is_alive(*, last_seen_at: datetime, expires_at: datetime, now: datetime) -> bool:
    return now < expires_at and now - last_seen_at < IDLE
