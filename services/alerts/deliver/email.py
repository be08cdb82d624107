"""The one way to a mail server: aiosmtplib enters here, and its errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum

import aiosmtplib

from shared.runtime.errors import GiamsatError


class Tls(StrEnum):
    """How the connection is secured: not, after a greeting, or from the first byte."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class ChannelError(GiamsatError):
    """A message was not handed over; `may_have_arrived` if the answer to its last byte is lost."""

    def __init__(self, message: str, *, retryable: bool, may_have_arrived: bool = False) -> None:
        super().__init__(message, retryable=retryable)
        self.may_have_arrived = may_have_arrived


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

    async def send(self, message: Message) -> str:
        """Hand over one message to its one recipient; the server's answer. Raises ChannelError."""
        with _as_channel_errors():
            client = await self._connected()
            await client.mail(parseaddr(message["From"])[1])
            await client.rcpt(parseaddr(message["To"])[1])
        with _as_channel_errors(may_have_arrived=True):
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
def _as_channel_errors(*, may_have_arrived: bool = False) -> Iterator[None]:
    try:
        yield
    except aiosmtplib.SMTPResponseException as exc:
        # 4xx: later, perhaps; 5xx: never. A log-in refused is ours to put right, so mail waits.
        is_final = exc.code >= 500 and not isinstance(exc, aiosmtplib.SMTPAuthenticationError)
        raise ChannelError(f"{exc.code} {exc.message}", retryable=not is_final) from exc
    except aiosmtplib.SMTPNotSupported as exc:
        raise ChannelError(str(exc), retryable=True) from exc
    except (aiosmtplib.SMTPException, OSError) as exc:
        raise ChannelError(
            f"{type(exc).__name__}: {exc}", retryable=True, may_have_arrived=may_have_arrived
        ) from exc
