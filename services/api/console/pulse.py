"""What one look at the database tells every open page."""

import json
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pulse:
    """Up to when evidence is known, and a mark that differs whenever something happened."""

    known_until: datetime | None
    mark: str

    def encoded(self) -> bytes:
        known_ms = None
        if self.known_until is not None:
            known_ms = round(self.known_until.timestamp() * 1000)
        data = json.dumps({"known": known_ms, "mark": self.mark})
        return f"event: changed\ndata: {data}\n\n".encode()
