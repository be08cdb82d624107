"""What a file is by its first bytes, whatever its name or its sender says."""

from collections.abc import Mapping
from typing import Final

LARGEST: Final = 10 * 1024 * 1024
#: The ending under which a kind is handed out again.
ENDINGS: Final[Mapping[str, str]] = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
}
_PLAIN: Final[Mapping[bytes, str]] = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}


def media_type_of(content: bytes) -> str | None:
    """Nothing for what we do not keep."""
    for begin, media_type in _PLAIN.items():
        if content.startswith(begin):
            return media_type
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return "image/webp" if is_webp else None
