"""A real HTTPS server on loopback, with a certificate for whatever name a test gives it."""

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass
class HttpsServer:
    """What it answers may be changed at any time; `asked` are the request lines and headers."""

    port: int
    #: Trusts this server's certificate, and no other.
    trust: ssl.SSLContext
    status: str = "200 OK"
    #: What is answered at some paths instead of that.
    status_of: dict[str, str] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    body: bytes = b"{}"
    #: Held back until set.
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[bytes] = field(default_factory=list)
    #: What came behind each of them.
    bodies: list[bytes] = field(default_factory=list)

    def answer(self, head: bytes) -> bytes:
        status = self.status_of.get(head.split(b" ", 2)[1].decode(), self.status)
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(self.body)}", *self.headers]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + self.body


@asynccontextmanager
async def https_server(name: str, host: str = "127.0.0.1") -> AsyncIterator[HttpsServer]:
    with tempfile.TemporaryDirectory() as folder:
        pem = _certificate(name, Path(folder))
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(pem)
        server = HttpsServer(0, ssl.create_default_context(cafile=str(pem)))
    server.may_answer.set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            server.asked.append(head)
            server.bodies.append(await reader.readexactly(_length(head)))
            await server.may_answer.wait()
            writer.write(server.answer(head))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, host, 0, ssl=own)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.may_answer.set()
        listening.close()


def _length(head: bytes) -> int:
    for line in head.decode().lower().splitlines():
        if line.startswith("content-length:"):
            return int(line.partition(":")[2])
    return 0


def _certificate(name: str, folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return path
