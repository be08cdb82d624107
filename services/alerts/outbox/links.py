"""The link with which a message's reader acts on it: put in when it is sent, and kept nowhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain import ack_link

#: Stands in a text for the link that is made when the text is sent.
MARK: Final = "{link}"


@dataclass(frozen=True, slots=True)
class Links:
    """Without a key a link leads to the console, where one has to log in."""

    console_url: str
    key: bytes | None = None

    def fill(
        self, text: str, *, notification_id: int, incident_id: int | None, written_at: datetime
    ) -> str:
        """The text as it is sent."""
        if MARK not in text:
            return text
        base = self.console_url.rstrip("/")
        if self.key is None or incident_id is None:
            return text.replace(MARK, f"{base}/incidents/{incident_id or ''}".rstrip("/"))
        token = ack_link.make(notification_id, written_at=written_at, key=self.key)
        return text.replace(MARK, f"{base}{ack_link.PATH}{token}")
