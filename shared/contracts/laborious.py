"""Numbers that take long to read: hundreds of them in one message are there to keep us busy.

Near the ends of what a floating-point number can hold, the JSON decoder takes 20 µs for one of six
bytes, two hundred times longer than for any other.
"""

import re
from typing import Final

#: So many no device needs; hexadecimal text may look like some.
MOST: Final = 500
#: What is shorter cannot hold so many that it matters.
_SHORT: Final = 8 * 1024
_FAR: Final = re.compile(rb"[eE][+-]?0*[23]\d\d")


def is_laborious(payload: bytes) -> bool:
    """Whether it should be refused without being read."""
    return len(payload) > _SHORT and len(_FAR.findall(payload)) > MOST
