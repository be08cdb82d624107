"""What a mail sink has kept, each mail read once however often somebody looks."""

import email
import email.policy
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path


@dataclass
class PostBox:
    """The folder of the sink."""

    folder: Path
    known: dict[str, EmailMessage] = field(default_factory=dict)

    def look(self) -> list[EmailMessage]:
        """All mails, oldest first: names sort in the order of arrival."""
        for path in self.folder.glob("*.eml"):
            if path.name not in self.known:
                read = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                assert isinstance(read, EmailMessage)
                self.known[path.name] = read
        return [self.known[name] for name in sorted(self.known)]

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.look() if str(mail["To"]).lower() == address]

    def within(self, key: str) -> list[EmailMessage]:
        """To anybody of a world."""
        return [mail for mail in self.look() if f"@{key}." in str(mail["To"]).lower()]
