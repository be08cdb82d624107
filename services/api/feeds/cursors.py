"""Where an agency stands in a feed: opaque to it, sealed against its pen, bound to one grant."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from services.api.problems import InvalidError, RequestError, UnavailableError
from services.api.settings import Settings

#: Whoever comes back later begins anew; so nobody relies on what has been cleared away.
LIFE: Final = timedelta(days=90)
#: A cursor behind which nothing happened stays as it is, so that the answer does, too.
FRESH: Final = timedelta(days=1)
_SEAL_BYTES: Final = 16


class ExpiredError(RequestError):
    """What the agency holds cannot be brought up to date step by step any more."""

    status = HTTPStatus.GONE
    code = "begin_anew"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why} Pull without `since` and put that in the place of what you hold.")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Changes are numbered by transactions: [since, until) is being told, from `after` on.

    `since` 0 is everything as it is. Without `until`, the next change begins at `since`.
    """

    grant_id: int
    area: str
    epoch: str
    since: int
    at: datetime
    #: Up to when days were complete; only for coverage.
    known_until: datetime | None = None
    from_day: str | None = None
    facility: str | None = None
    until: int | None = None
    until_at: datetime | None = None
    until_known: datetime | None = None
    after: tuple[int, str] | None = None

    def finished(self) -> "Cursor":
        """From where the next changes are told, once all pages of these were."""
        assert self.until is not None and self.until_at is not None  # noqa: S101, PT018 - begun before it is finished
        return replace(
            self, since=self.until, at=self.until_at, known_until=self.until_known,
            until=None, until_at=None, until_known=None, after=None,
        )  # fmt: skip


def key_of(settings: Settings) -> bytes:
    """Behind pseudonyms and cursors. Raises `UnavailableError` where nobody has set it."""
    if len(settings.sharing_key) < 32:
        raise UnavailableError(
            "API_SHARING_KEY is not set, so nothing can be shared one by one.",
            code="not_configured",
            retry_after_s=3600,
        )
    return settings.sharing_key.encode()


def encoded(cursor: Cursor, *, key: bytes, client_id: int) -> str:
    parts = [
        cursor.grant_id, cursor.area, cursor.epoch, cursor.since, _text(cursor.at),
        _text(cursor.known_until), cursor.from_day, cursor.facility, cursor.until,
        _text(cursor.until_at), _text(cursor.until_known),
        list(cursor.after) if cursor.after else None,
    ]  # fmt: skip
    body = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_seal(body, key, client_id) + body).decode().rstrip("=")


def decoded(text: str, *, key: bytes, client_id: int, field: str) -> Cursor:
    """Raises `InvalidError` for whatever we did not give this client."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as exc:
        raise _wrong(field) from exc
    seal, body = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(body, key, client_id)):
        raise _wrong(field)
    return _of(json.loads(body))


def _of(parts: list[Any]) -> Cursor:
    """Sealed by us, so it is as we wrote it."""
    at = _instant(parts[4])
    assert at is not None  # noqa: S101 - never written without
    return Cursor(
        grant_id=parts[0], area=parts[1], epoch=parts[2], since=parts[3], at=at,
        known_until=_instant(parts[5]), from_day=parts[6], facility=parts[7], until=parts[8],
        until_at=_instant(parts[9]), until_known=_instant(parts[10]),
        after=(parts[11][0], parts[11][1]) if parts[11] else None,
    )  # fmt: skip


def _seal(body: bytes, key: bytes, client_id: int) -> bytes:
    own = hmac.digest(key, f"cursor/1/{client_id}".encode(), hashlib.sha256)
    return hmac.digest(own, body, hashlib.sha256)[:_SEAL_BYTES]


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _wrong(field: str) -> InvalidError:
    return InvalidError(
        f"query.{field}", "This is no cursor of yours.", "Send `next` or `since` as you got it."
    )
