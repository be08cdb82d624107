"""The channel of mail: a message in its envelope, handed to the mail server."""

from dataclasses import dataclass

from services.alerts.deliver.channel import Accepted, Claimed
from services.alerts.deliver.email import PROVIDER, Mailer
from services.alerts.deliver.envelope import envelope
from services.alerts.deliver.return_path import NOBODY, ReturnPath


@dataclass(frozen=True, slots=True)
class Mail:
    """A Carrier. `return_path`: where bounces go."""

    mailer: Mailer
    mail_from: str
    return_path: ReturnPath = NOBODY

    async def send(self, claimed: Claimed) -> Accepted:
        message = envelope(claimed, mail_from=self.mail_from)
        sender = self.return_path.of(claimed) or self.mail_from
        answer = await self.mailer.send(message, envelope_from=sender)
        return Accepted(PROVIDER, answer)

    async def rest(self) -> None:
        await self.mailer.rest()

    async def drop(self) -> None:
        await self.mailer.drop()
