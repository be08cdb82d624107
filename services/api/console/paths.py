"""Where a form or a switch may send its reader back to."""


def own_path(wanted: str) -> str:
    """A path of ours, or the overview: never another site."""
    is_elsewhere = not wanted.startswith("/") or wanted.startswith(("//", "/\\"))
    return "/" if is_elsewhere or any(ord(char) < 33 for char in wanted) else wanted
