"""Which msgids the product's Python and templates use; for the test that keeps `vi.po` whole."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

ROOTS = ("shared", "services")
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "_": None, "marked": None}
METHODS = [("**.py", "python"), ("**/templates/**", "jinja2")]
OPTIONS = {"**/templates/**": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}}


def used_msgids(product: Path) -> Iterator[tuple[str, str]]:
    """(where, msgid); of a plural the singular."""
    for root in ROOTS:
        found = extract_from_dir(
            product / root, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS
        )
        for path, line, message, *_ in found:
            msgid = message if isinstance(message, str) else message[0]
            yield f"{root}/{path}:{line}", msgid
