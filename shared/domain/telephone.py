"""Telephone numbers: what people type, and E.164 as gateways and the database have it."""

import re
from typing import Final

_LAYOUT: Final = re.compile(r"[\s.\-()/\u00a0]+")
#: Mobile ones: only these take short messages in Viet Nam.
_VIETNAMESE: Final = re.compile(r"84[35789][0-9]{8}", re.ASCII)
_ABROAD: Final = re.compile(r"(?!84)[1-9][0-9]{7,14}", re.ASCII)


def e164(typed: str) -> str | None:
    """`0901 234 567`, `84901234567`, `+84 901…` → `+84901234567`; nothing for what is no number."""
    compact = _LAYOUT.sub("", typed)
    if compact.startswith("+"):
        digits = compact[1:]
    elif compact.startswith("00"):
        digits = compact[2:]
    elif compact.startswith("0"):
        digits = "84" + compact[1:]
    elif compact.startswith("84"):
        digits = compact
    else:
        return None
    is_number = _VIETNAMESE.fullmatch(digits) or _ABROAD.fullmatch(digits)
    return f"+{digits}" if is_number else None


def national(number: str) -> str:
    """As Vietnamese gateways and people write it; a foreign one as it is, without the plus."""
    return f"0{number[3:]}" if number.startswith("+84") else number.removeprefix("+")
