"""Why a passphrase is not taken, in the reader's words."""

from collections.abc import Mapping
from typing import Final

from shared.domain.passphrase import Fault
from shared.i18n import marked

PASSPHRASE_FAULTS: Final[Mapping[Fault, str]] = {
    Fault.TOO_SHORT: marked("A passphrase has at least 15 characters. Use several words."),
    Fault.TOO_LONG: marked("A passphrase has at most 128 characters."),
    Fault.UNREADABLE: marked(
        "The passphrase holds a character that nobody can type. Leave it out."
    ),
    Fault.REPEATS: marked("The passphrase repeats itself. Use several different words."),
    Fault.WALKS: marked(
        "The passphrase runs along the keys or the alphabet. Use several different words."
    ),
    Fault.KNOWN: marked(
        "This is among the first that anybody would try. Use three words or more that have "
        "nothing to do with you or this service."
    ),
}
