"""What an identity provider must say of somebody before we believe it (OpenID Connect Core §3.1.3).

The signature is checked by whoever calls; here is what is signed.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

#: Clocks of others are off.
LEEWAY: Final = timedelta(seconds=60)
#: Made for this log-in, not lying about.
OLDEST: Final = timedelta(minutes=10)
_LONGEST_SUBJECT: Final = 255


class Fault(StrEnum):
    """What is wrong with an ID token."""

    TYPE = "type"
    ISSUER = "issuer"
    SUBJECT = "subject"
    AUDIENCE = "audience"
    AUTHORIZED_PARTY = "authorized_party"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    ISSUED = "issued"
    NONCE = "nonce"


@dataclass(frozen=True, slots=True)
class Expected:
    """By whom, for whom, and in answer to what."""

    issuer: str
    client_id: str
    nonce: str


def fault_of(
    header: Mapping[str, Any], claims: Mapping[str, Any], expected: Expected, *, now: datetime
) -> Fault | None:
    """The first thing wrong with it."""
    checks = {
        Fault.TYPE: str(header.get("typ", "JWT")).upper() == "JWT",
        Fault.ISSUER: claims.get("iss") == expected.issuer,
        Fault.SUBJECT: _is_subject(claims.get("sub")),
        # One audience: whoever else it is for could show it to us.
        Fault.AUDIENCE: claims.get("aud") in (expected.client_id, [expected.client_id]),
        Fault.AUTHORIZED_PARTY: claims.get("azp", expected.client_id) == expected.client_id,
        Fault.EXPIRED: _seconds(claims.get("exp"), after=now - LEEWAY),
        Fault.NOT_YET: "nbf" not in claims or _seconds(claims["nbf"], before=now + LEEWAY),
        Fault.ISSUED: _seconds(claims.get("iat"), after=now - OLDEST, before=now + LEEWAY),
        Fault.NONCE: _is_same(claims.get("nonce"), expected.nonce),
    }
    return next((fault for fault, is_fine in checks.items() if not is_fine), None)


def is_proven_twice(claims: Mapping[str, Any], strong: Collection[str]) -> bool:
    """Whether the provider says that they showed two factors, in one of the ways we agreed on."""
    methods = claims.get("amr")
    told = {claims.get("acr"), *(methods if isinstance(methods, list) else ())}
    return any(isinstance(one, str) and one in strong for one in told)


def _is_subject(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_SUBJECT and value.isascii()


def _seconds(
    value: object, *, after: datetime | None = None, before: datetime | None = None
) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    is_late_enough = after is None or value > after.timestamp()
    return is_late_enough and (before is None or value < before.timestamp())


def _is_same(value: object, expected: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(value.encode(), expected.encode())
