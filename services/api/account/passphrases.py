"""Sets and checks passphrases, for whoever has one and for whoever is about to."""

from collections.abc import Iterable
from typing import Final

from services.api.problems import InvalidError
from services.api.sessions.blocklist import is_known
from shared.domain.passphrase import LONGEST, SHORTEST, Fault, fault_of

#: What is wrong, and what to do.
_SAID: Final = {
    Fault.TOO_SHORT: ("It is too short.", f"Use {SHORTEST} characters or more: several words."),
    Fault.TOO_LONG: ("It is too long.", f"Use at most {LONGEST} characters."),
    Fault.UNREADABLE: ("It holds a character that nobody can type.", "Leave it out."),
    Fault.REPEATS: ("It repeats itself.", "Use several different words."),
    Fault.WALKS: ("It runs along the keys or the alphabet.", "Use several different words."),
    Fault.KNOWN: (
        "It is made of words that are tried first.",
        "Use three words or more that have nothing to do with you or this service.",
    ),
}


class PassphraseError(InvalidError):
    """A passphrase that is not taken; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__("body.passphrase", *_SAID[fault])
        self.fault = fault


def must_be_good(passphrase: str, *, own_words: Iterable[str]) -> None:
    """`own_words`: the person's name and address, which are guessed first."""
    fault = fault_of(passphrase, own_words=own_words, is_known=is_known)
    if fault is not None:
        raise PassphraseError(fault)
