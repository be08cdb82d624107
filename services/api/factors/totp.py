"""Codes of an authenticator app (RFC 6238); the one user of `pyotp`."""

import hmac
from datetime import datetime
from typing import Final

import pyotp

ISSUER: Final = "giamsat"
STEP_S: Final = 30
#: Clocks of phones are off, and people type slowly: one step to either side.
_AROUND: Final = (0, -1, 1)
_DIGITS: Final = 6


def new_secret() -> str:
    """160 bits, as authenticator apps read them."""
    return pyotp.random_base32(32)


def address(secret: str, *, account: str) -> str:
    """What the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def step_of(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """Of which step a code is. Those up to `after` were used before, and none is taken twice."""
    typed = code.replace(" ", "")
    if len(typed) != _DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    current = int(now.timestamp()) // STEP_S
    own = pyotp.TOTP(secret, interval=STEP_S)
    for step in (current + shift for shift in _AROUND):
        is_right = hmac.compare_digest(own.generate_otp(step), typed)
        if is_right and step > after:
            return step
    return None
