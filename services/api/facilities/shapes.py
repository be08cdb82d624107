"""How a facility is drawn where there is no room for words: by form as well as by colour. Pure.

watched now    ●   poor picture     ◆   not watched   ▲   not known  □   nothing required  ○
licensed       ●   must remedy      ◆   suspended,        registered,    no papers, or
                                        unregistered,     licence        dissolved         ○
                                        revoked       ▲   ended      □
"""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup, escape

from services.api.overview.facts import Now
from shared.domain.facility_status import Status

#: Within a field of 16 by 16.
FORMS: Final[Mapping[str, str]] = {
    "triangle": '<path d="M8 1.5 15 14H1z"/>',
    "diamond": '<path d="M8 1 15 8 8 15 1 8z"/>',
    "square": '<path class="open" d="M2.5 2.5h11v11h-11z"/>',
    "disc": '<circle cx="8" cy="8" r="6"/>',
    "ring": '<circle class="open" cx="8" cy="8" r="5.5"/>',
}
FORM_OF: Final[Mapping[str, tuple[str, str]]] = {
    Now.GAP: ("triangle", "gap"),
    Now.IMPAIRED: ("diamond", "impaired"),
    Now.UNKNOWN: ("square", "unknown"),
    Now.COVERED: ("disc", "covered"),
    Now.NOT_REQUIRED: ("ring", "unset"),
    Status.SUSPENDED: ("triangle", "gap"),
    Status.LICENCE_REVOKED: ("triangle", "gap"),
    Status.DISCOVERED_UNREGISTERED: ("triangle", "gap"),
    Status.CONDITIONAL: ("diamond", "impaired"),
    Status.REGISTERED: ("square", "impaired"),
    Status.LICENSED: ("disc", "covered"),
    Status.UNDOCUMENTED: ("ring", "unset"),
    Status.DISSOLVED: ("ring", "unset"),
}


def shape(state: str, title: str = "") -> Markup:
    """Small, beside words or instead of them; what it says when pointed at is `title`."""
    form, look = FORM_OF[state]
    said = f"<title>{escape(title)}</title>" if title else ""
    role = f'role="img" aria-label="{escape(title)}"' if title else 'aria-hidden="true"'
    return Markup(  # noqa: S704 - forms of ours, and a text that was escaped
        f'<svg class="mark-of {look}" viewBox="0 0 16 16" {role}>{said}{FORMS[form]}</svg>'
    )


def placed(state: str, x: float, y: float, *, size: float) -> Markup:
    """The same on a plan, its middle at a point."""
    form, look = FORM_OF[state]
    scale = size / 16
    left, top = x - size / 2, y - size / 2
    return Markup(  # noqa: S704 - numbers and forms of ours
        f'<g class="mark-of {look}" transform="translate({left:.1f} {top:.1f}) '
        f'scale({scale:.3f})">{FORMS[form]}</g>'
    )
