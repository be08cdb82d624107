"""The words that trouble a rendered room, for those who do not load the vision library."""

from typing import Final, Literal

Trouble = Literal["cover", "darken", "blur", "freeze"]
MEND: Final = "mend"
