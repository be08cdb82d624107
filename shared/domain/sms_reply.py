"""Answers to short messages: `OK 1234` or `DA NHAN 1234` takes an incident up."""

import hmac
import re
from typing import Final

from shared.domain import short_text

DIGITS: Final = 4
#: What is signed with the same key elsewhere never reads as a code.
_PURPOSE: Final = b"giamsat sms reply "
_YES: Final = re.compile(rf"\s*(?:OK|DA\s*NHAN|NHAN|YES)\W*([0-9]{{{DIGITS}}})(?![0-9])", re.ASCII)


def code_of(incident_id: int, *, key: bytes) -> str:
    """Short enough to type, and nothing that follows from the incident's number."""
    mac = hmac.digest(key, _PURPOSE + str(incident_id).encode(), "sha256")
    return f"{int.from_bytes(mac[:8]) % 10**DIGITS:0{DIGITS}}"


def code_in(answer: str) -> str | None:
    """The code of an answer that says yes; nothing for anything else."""
    found = _YES.match(short_text.unmarked(answer).upper())
    return found[1] if found else None
