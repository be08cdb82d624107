"""Where a form or a switch may send its reader back to."""

from urllib.parse import urlsplit


def own_path(wanted: str) -> str:
    """A path of ours, or the overview: never another site."""
    parts = urlsplit(wanted)
    is_ours = not parts.scheme and not parts.netloc and wanted.startswith("/")
    if not is_ours or wanted.startswith(("//", "/\\")) or any(ord(c) < 33 for c in wanted):
        return "/"
    return wanted
