"""The way out to addresses that others gave us."""

import ipaddress
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from shared.runtime import egress
from shared.runtime.egress import Egress, EgressError
from tests.support.https_server import HttpsServer, https_server

NAME = "keys.agency.example"
LOOPBACK = ipaddress.ip_network("127.0.0.1/32")

#: Where nobody outside may lead us.
INNER_V4 = (
    "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.5.4", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.1",
    "0.0.0.0",  # noqa: S104 - asked for, not bound to
)  # fmt: skip
INNER_V6 = (
    "::1", "::", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1", "2001:0:7f00:1::1",
)  # fmt: skip


def mapped(address: str) -> Sequence[str]:
    """IPv6 spellings of an IPv4 address."""
    return (f"::ffff:{address}", f"::{address}", f"::ffff:0:{address}")


def spelled(address: str) -> Sequence[str]:
    """The ways in which systems also read an IPv4 address."""
    a, b, c, d = (int(part) for part in address.split("."))
    number = int(ipaddress.IPv4Address(address))
    return (
        address,
        str(number),
        hex(number),
        f"0{number:o}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"{a}.{b * 65536 + c * 256 + d}",
        f"{a}.{b}.{c * 256 + d}",
        f"{address}.",
        f"00{a}.{b}.{c}.{d}",
        address.replace(".", "\N{IDEOGRAPHIC FULL STOP}"),
        "".join(chr(0xFF10 + int(char)) if char.isdigit() else char for char in address),
    )


TRICKS = [
    *(f"https://{text}/jwks" for address in INNER_V4 for text in spelled(address)),
    *(f"https://[{text}]/jwks" for text in INNER_V6),
    *(f"https://[{text}]/jwks" for address in INNER_V4 for text in mapped(address)),
    "https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://api.localhost/",
    "https://printer.local/", "https://db.internal/", "https://metadata.google.internal/",
    "https://ip6-localhost/", "https://intranet/", "https://router.lan/", "https://a.home.arpa/",
    "http://keys.agency.example/", "HTTPS://keys.agency.example/", "ftp://keys.agency.example/",
    "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/",
    "ldap://127.0.0.1/", "data:application/json,{}", "javascript:alert(1)", "jar:https://a.example/",
    "//keys.agency.example/", "/jwks", "", "https://", "https:///", "https:keys.agency.example",
    "https:/keys.agency.example", "https:\\\\keys.agency.example\\", "https://?", "https://#",
    "https://keys.agency.example@127.0.0.1/", "https://127.0.0.1@keys.agency.example/",
    "https://user:pass@keys.agency.example/", "https://keys.agency.example:443@127.0.0.1/",
    "https://127.0.0.1#@keys.agency.example/", "https://127.0.0.1\\@keys.agency.example/",
    "https://keys.agency.example\\@127.0.0.1/", "https://127.0.0.1%2f@keys.agency.example/",
    "https://keys.agency.example%00.127.0.0.1/", "https://127.0.0.1%00.agency.example/",
    "https://keys.agency.example/\r\nHost: 127.0.0.1", "https://keys.agency.example /",
    " https://keys.agency.example/", "https://keys.agency.example/\t", "https://keys\n.example/",
    "https://ⓛocalhost/", "https://keys.agency.example/#part", "https://①②⑦.⓪.⓪.①/",
    "https://keys.agency.example:22/", "https://keys.agency.example:6379/",
    "https://keys.agency.example:0/", "https://keys.agency.example:99999/",
    "https://keys.agency.example:/", "https://keys.agency.example:x/", "https://[::1/",
    "https://keys.agency.example:0443/", "https://-a.example/", "https://a..example/",
    "https://.example/", "https://example/", "https://a_b.example/", "https://*.example/",
    "https://KEYS.agency.example/", "https://keys.agency.example./",
    f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/",
    f"https://keys.agency.example/{'a' * 2000}",
]  # fmt: skip


def leading_to(*addresses: str) -> Callable[[str, int], object]:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


async def _not_asked(host: str, _port: int) -> Sequence[str]:
    raise AssertionError(f"{host} was looked up")


def test_there_are_tricks_enough() -> None:
    assert len(set(TRICKS)) >= 200


@pytest.mark.parametrize("url", TRICKS)
async def test_a_trick_is_refused_before_any_name_is_looked_up(url: str) -> None:
    with pytest.raises(EgressError):
        await Egress(resolve=_not_asked).get(url)


@pytest.mark.parametrize("inner", [*INNER_V4, *INNER_V6, *(mapped("127.0.0.1"))])
@pytest.mark.parametrize("place", ["alone", "first", "last"])
async def test_a_name_that_leads_within_is_not_followed(inner: str, place: str) -> None:
    addresses = {"alone": [inner], "first": [inner, "1.1.1.1"], "last": ["1.1.1.1", inner]}[place]
    with pytest.raises(EgressError, match="not public"):
        await Egress(resolve=leading_to(*addresses)).get(f"https://{NAME}/jwks")  # type: ignore[arg-type] # a resolver that is always right


@pytest.fixture
async def server() -> AsyncIterator[HttpsServer]:
    async with https_server(NAME) as server:
        yield server


def way_to(server: HttpsServer, *addresses: str, patience_s: float = 2.0) -> Egress:
    return Egress(
        resolve=leading_to(*addresses),  # type: ignore[arg-type] # as above
        allowed=(LOOPBACK,),
        ports=frozenset({server.port}),
        tls=server.trust,
        patience_s=patience_s,
    )


async def test_what_an_honest_server_says_comes_back(server: HttpsServer) -> None:
    server.headers, server.body = ["Content-Type: application/json; charset=utf-8"], b'{"keys":[]}'
    answer = await way_to(server, "127.0.0.1").get(f"https://{NAME}:{server.port}/jwks?a=b")
    assert (answer.status, answer.content) == (200, b'{"keys":[]}')
    assert answer.media_type == "application/json"
    assert server.asked[0].startswith(b"GET /jwks?a=b HTTP/1.1\r\n")
    assert f"Host: {NAME}:{server.port}".encode() in server.asked[0]


async def test_a_name_is_looked_up_once_and_the_connection_goes_where_was_checked() -> None:
    """The second answer of a rebinding resolver would lead within; nobody asks for it."""
    asked = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

    async with https_server(NAME, "127.0.0.2") as server:
        way = Egress(
            resolve=rebinding,
            allowed=(ipaddress.ip_network("127.0.0.2/32"),),
            ports=frozenset({server.port}),
            tls=server.trust,
        )
        url = f"https://{NAME}:{server.port}/"
        assert (await way.get(url)).status == 200
        assert asked == [NAME]
        with pytest.raises(EgressError, match="not public"):
            await way.get(url)
        assert len(server.asked) == 1


async def test_a_certificate_for_another_name_is_not_believed() -> None:
    async with https_server("other.agency.example") as server:
        with pytest.raises(EgressError, match="cannot be reached"):
            await way_to(server, "127.0.0.1").get(f"https://{NAME}:{server.port}/")
        assert server.asked == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P"])
async def test_a_redirect_is_not_followed(server: HttpsServer, status: str) -> None:
    server.status, server.headers = status, [f"Location: https://{NAME}:{server.port}/inner"]
    with pytest.raises(EgressError, match="leads elsewhere"):
        await way_to(server, "127.0.0.1").get(f"https://{NAME}:{server.port}/")
    assert len(server.asked) == 1


async def test_what_is_too_long_is_not_read_to_its_end(server: HttpsServer) -> None:
    server.body = b"x" * (egress.MOST_BYTES + 1)
    with pytest.raises(EgressError, match="more than"):
        await way_to(server, "127.0.0.1").get(f"https://{NAME}:{server.port}/")


async def test_what_is_packed_is_not_unpacked(server: HttpsServer) -> None:
    server.headers = ["Content-Encoding: gzip"]
    with pytest.raises(EgressError, match="packed"):
        await way_to(server, "127.0.0.1").get(f"https://{NAME}:{server.port}/")


async def test_who_does_not_answer_is_not_waited_for(server: HttpsServer) -> None:
    server.may_answer.clear()
    with pytest.raises(EgressError, match="in time") as told:
        await way_to(server, "127.0.0.1", patience_s=0.2).get(f"https://{NAME}:{server.port}/")
    assert told.value.retryable
