"""One short message as it goes out: its spelling, what may be answered, and its length."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from services.alerts.deliver.envelope import REPEAT
from services.alerts.sms.gateway import Traits
from shared.domain import short_text
from shared.i18n import Translator, marked

REPLY: Final = marked("Reply OK %(code)s")
_LINK: Final = re.compile(r"\s*(https?://\S+)\s*\Z")


@dataclass(frozen=True, slots=True)
class Letter:
    """`text` ends in its link, if it has one. `reply_code`: with which it can be answered."""

    number: str
    text: str
    language: Translator
    message_id: str
    is_marked: bool = False
    reply_code: str | None = None


def key_of(message_id: str) -> str:
    """The same for the same message, whenever and through whatever it is sent."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def composed(letter: Letter, traits: Traits, *, may_repeat: bool, most: int) -> str:
    """In at most so many segments; never without its link."""
    to = letter.language
    found = _LINK.search(letter.text)
    said = letter.text[: found.start()] if found else letter.text
    ending = found[1] if found else ""
    if letter.reply_code is not None and traits.takes_replies:
        ending = f"{to.gettext(REPLY, code=letter.reply_code)} {ending}".rstrip()
    if may_repeat:
        said = f"{to.gettext(REPEAT)} {said}"
    spelled = short_text.marked if letter.is_marked else short_text.unmarked
    return short_text.fitted(spelled(" ".join(said.split())), ending=spelled(ending), most=most)
