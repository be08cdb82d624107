"""Fetches from addresses that others gave us: nothing within our own walls is ever reached.

A name is resolved once, every address it has must be public, and the connection goes to the one
that was checked, so that a name cannot point elsewhere the second time. No redirects, no proxies.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

import httpx

from shared.runtime.errors import GiamsatError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: From a name and a port to addresses, as the system resolves them.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

PATIENCE_S: Final = 2.0
MOST_BYTES: Final = 64 * 1024
MOST_LETTERS: Final = 2000
_PORTS: Final = frozenset({443, 8443})
#: A name of the public DNS: at least two labels of which the last is no number, in any spelling.
_NAME: Final = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])",
    re.ASCII,
)
_PLAIN: Final = re.compile(r"[!-\[\]-~]+", re.ASCII)  # visible, and no backslash
_INNER_NAMES: Final = (
    ".localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan", ".home", ".corp",
    ".arpa", ".onion", ".test", ".invalid",
)  # fmt: skip
#: Besides whatever is not global: addresses that stand for others.
_NEVER: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
        "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


class EgressError(GiamsatError):
    """An address is not fetched from, or did not answer as it must."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    content: bytes
    media_type: str
    #: As its header has it: seconds, a date, or nothing.
    retry_after: str = ""


async def _system_resolver(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def checked(url: str, *, ports: frozenset[int] = _PORTS) -> SplitResult:
    """An https address by a public name. Raises `EgressError`, which says what is wrong."""
    if len(url) > MOST_LETTERS or not _PLAIN.fullmatch(url):
        raise EgressError("an address has no blanks, no backslash and no other letters than ASCII")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise EgressError("this is no address") from exc
    if parts.scheme != "https" or not url.startswith("https://"):
        raise EgressError("the address must begin with https://")
    if "@" in parts.netloc or "%" in parts.netloc:
        raise EgressError("the address may hold no user name and no escaped letters in its name")
    name = parts.netloc.partition(":")[0]
    if not _NAME.fullmatch(name) or name.endswith(_INNER_NAMES):
        raise EgressError("the address must have a public name in small letters, not a number")
    if (443 if port is None else port) not in ports or parts.netloc != (
        name if port is None else f"{name}:{port}"
    ):
        raise EgressError("the port is not one of those that are reached: 443, 8443")
    if parts.fragment:
        raise EgressError("the address may have no fragment")
    return parts


def is_public(address: Address) -> bool:
    """Whether it leads out of our walls, and nowhere else than it says."""
    is_listed = any(address in network for network in _NEVER if network.version == address.version)
    return address.is_global and not address.is_multicast and not is_listed


@dataclass(frozen=True, slots=True)
class Egress:
    """The way out. `allowed` are networks of ours that may be reached all the same: for tests, and
    for what an operator names on purpose.
    """

    resolve: Resolver = _system_resolver
    allowed: tuple[Network, ...] = ()
    ports: frozenset[int] = _PORTS
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    patience_s: float = PATIENCE_S

    def check(self, url: str) -> None:
        """Whether this may be fetched from, as far as the address says. Raises `EgressError`."""
        checked(url, ports=self.ports)

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Raises `EgressError`."""
        return await self._answer("GET", url, headers or {}, None)

    async def post_form(
        self, url: str, form: Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises `EgressError`."""
        body = urlencode(form).encode()
        own = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return await self._answer("POST", url, own, body)

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Answer:
        """Raises `EgressError`."""
        return await self._answer("POST", url, headers, body)

    async def _answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        parts = checked(url, ports=self.ports)
        try:
            async with asyncio.timeout(self.patience_s):
                address = await self._address_of(parts)
                return await self._fetched(method, parts, address, headers, body)
        except (TimeoutError, httpx.TimeoutException) as exc:
            raise EgressError("it did not answer in time", retryable=True) from exc
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as exc:
            raise EgressError("it cannot be reached", retryable=True) from exc

    async def _address_of(self, parts: SplitResult) -> Address:
        """One bad address among good ones is reason enough: we cannot know who put it there."""
        found = [
            ipaddress.ip_address(text.partition("%")[0])
            for text in await self.resolve(str(parts.hostname), parts.port or 443)
        ]
        if not found:
            raise EgressError("its name is not known", retryable=True)
        if not all(self._may_be_reached(address) for address in found):
            raise EgressError("its name leads to an address that is not public")
        return found[0]

    def _may_be_reached(self, address: Address) -> bool:
        return is_public(address) or any(
            address in network for network in self.allowed if network.version == address.version
        )

    async def _fetched(
        self,
        method: str,
        parts: SplitResult,
        address: Address,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        """The connection goes to the address; the certificate must be of the name."""
        name = str(parts.hostname)
        pinned = f"[{address}]" if address.version == 6 else str(address)
        target = f"{pinned}:{parts.port or 443}"
        own = {**headers, "Host": parts.netloc, "Accept-Encoding": "identity"}
        transport = httpx.AsyncHTTPTransport(
            verify=self.tls or ssl.create_default_context(), trust_env=False
        )
        async with httpx.AsyncClient(
            transport=transport, trust_env=False, follow_redirects=False, timeout=self.patience_s
        ) as client, client.stream(
            method,
            parts._replace(netloc=target).geturl(),
            headers=own,
            content=body,
            extensions={"sni_hostname": name},
        ) as answer:  # fmt: skip
            return await _whole(answer)


async def _whole(answer: httpx.Response) -> Answer:
    if answer.is_redirect:
        raise EgressError("it leads elsewhere, and that is not followed")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise EgressError("it answers packed, though we asked it not to")
    content = bytearray()
    async for part in answer.aiter_raw():
        content += part
        if len(content) > MOST_BYTES:
            raise EgressError(f"it answers with more than {MOST_BYTES} bytes")
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    retry_after = answer.headers.get("retry-after", "").strip()
    return Answer(answer.status_code, bytes(content), media_type, retry_after)
