"""What is wrong with a row, in words: by law of the domain the column, the fault, the advice."""

from collections.abc import Mapping
from typing import Final

from shared.domain.succession_laws import Wrong

ADD: Final = "Add it to the sheets, or correct the code or the day."
CHECK: Final = "Check the code."
HISTORY: Final = "What is on record stays; give what follows a row of its own."
ONCE: Final = "Take one of the rows out."
NOT_YOURS: Final = "It lies outside the units that you administer."
ASK: Final = "Ask whoever administers the whole service."
HALF_OPEN: Final = "valid_to is the first day on which it is no more."

LAWS: Final[Mapping[Wrong, tuple[str, str, str]]] = {
    Wrong.ENDS_BEFORE_IT_BEGINS: (
        "valid_to", "it ends before it begins", "valid_to is the first day on which it is no more.",
    ),
    Wrong.CODE_TAKEN_THEN: (
        "code", "another unit has this code at that time", "End that one first, or choose another.",
    ),
    Wrong.NO_PARENT: ("parent", "it belongs to nothing", "Only a province has no parent."),
    Wrong.PARENT_IS_NOT_ABOVE: (
        "parent", "its parent is not of a higher tier", "Name its district or province.",
    ),
    Wrong.OUTLIVES_ITS_PARENT: (
        "parent", "it begins before its parent does, or lasts longer",
        "End it with its parent, and give what follows it a row of its own.",
    ),
    Wrong.DOES_NOT_END_THEN: (
        "effective_on", "it does not end on that day", "Give the unit valid_to = effective_on.",
    ),
    Wrong.SUCCESSOR_NOT_THERE_THEN: (
        "to", "its successor is not there on that day", "Let the successor begin by then.",
    ),
    Wrong.SUCCESSOR_OF_OTHER_LEVEL: (
        "to", "its successor is of another tier", "A commune is followed by communes.",
    ),
    Wrong.SUCCEEDS_ITSELF: ("to", "it follows itself", "Name the unit that follows it."),
    Wrong.KIND_DOES_NOT_FIT: (
        "kind", "the kind does not fit the number of its successors",
        "merge and rename: one; split: several; abolish: none. Only rename has one predecessor.",
    ),
}  # fmt: skip
