"""The one way to a mail server: aiosmtplib enters here, and its errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from enum import Enum, StrEnum, auto
from typing import Final

import aiosmtplib

from services.alerts.deliver.channel import NO_WAIT, ChannelError
from shared.domain.delivery import PUT_OFF


class Tls(StrEnum):
    """How the connection is secured: not, after a greeting, or from the first byte."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Stage(Enum):
    """How far a message has got; before the content, nothing can have arrived."""

    SENDER = auto()
    RECIPIENT = auto()
    CONTENT = auto()


PROVIDER: Final = "smtp"
_FINAL: Final = 500
#: Enhanced status codes of RFC 3463: the address, and the mailbox behind it.
_ABOUT_THE_ADDRESS: Final = ("5.1.", "5.2.")


@dataclass(frozen=True, slots=True)
class Server:
    """Where the mail server is and who we are there."""

    host: str
    port: int
    tls: Tls
    username: str
    password: str
    timeout_s: float


class Mailer:
    """A connection that is kept while there is something to send."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, message: Message, *, envelope_from: str) -> str:
        """Hand over one message to its one recipient; the server's answer. Raises ChannelError."""
        with _as_channel_errors(Stage.SENDER):
            client = await self._connected()
            await client.mail(envelope_from)
        with _as_channel_errors(Stage.RECIPIENT):
            await client.rcpt(parseaddr(message["To"])[1])
        with _as_channel_errors(Stage.CONTENT):
            answer = await client.data(message.as_bytes())
        return f"{answer.code} {answer.message}"

    async def rest(self) -> None:
        """Say goodbye; the next message opens a new connection."""
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            try:
                await client.quit()
            except aiosmtplib.SMTPException:
                client.close()

    async def drop(self) -> None:
        """Leave a connection whose state is not known."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        server = self._server
        self._client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            timeout=server.timeout_s,
            use_tls=server.tls is Tls.TLS,
            start_tls=server.tls is Tls.STARTTLS,
        )
        await self._client.connect()
        return self._client


@contextmanager
def _as_channel_errors(stage: Stage) -> Iterator[None]:
    try:
        yield
    except aiosmtplib.SMTPResponseException as exc:
        raise _answered(exc.code, exc.message, stage) from exc
    except aiosmtplib.SMTPNotSupported as exc:
        raise ChannelError(str(exc), retryable=True, provider=PROVIDER) from exc
    except (aiosmtplib.SMTPException, OSError) as exc:
        raise ChannelError(
            f"{type(exc).__name__}: {exc}",
            retryable=True,
            may_have_arrived=stage is Stage.CONTENT,
            provider=PROVIDER,
        ) from exc


def _answered(code: int, answer: str, stage: Stage) -> ChannelError:
    """4xx: later, perhaps; 5xx: never. A refusal of ourselves is ours to put right: mail waits."""
    is_final = code >= _FINAL and stage is not Stage.SENDER
    is_later = not is_final and code < _FINAL
    return ChannelError(
        f"{code} {answer}",
        retryable=not is_final,
        wait=PUT_OFF if is_later else NO_WAIT,
        is_address_bad=is_final
        and (stage is Stage.RECIPIENT or answer.startswith(_ABOUT_THE_ADDRESS)),
        provider=PROVIDER,
    )
