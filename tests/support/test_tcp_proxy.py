import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.support.tcp_proxy import HOST, Conditions, TcpProxy, Way

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class EchoServer:
    """Answers each line in capitals, and keeps all it was sent."""

    def __init__(self) -> None:
        self.heard = b""
        self.has_heard = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                self.heard += data
                self.has_heard.set()
                writer.write(data.upper())
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()


def commits() -> Callable[[bytes], bool]:
    """Recognises the word, however it is cut up."""
    heard = bytearray()

    def spots(data: bytes) -> bool:
        before = heard.count(b"COMMIT")
        heard.extend(data)
        return heard.count(b"COMMIT") > before

    return spots


@pytest.fixture
async def server() -> AsyncIterator[tuple[EchoServer, TcpProxy]]:
    echo = EchoServer()
    listening = await asyncio.start_server(echo.serve, HOST, 0)
    async with TcpProxy(listening.sockets[0].getsockname()[1], commits) as proxy:
        yield echo, proxy
    listening.close()
    await listening.wait_closed()


@asynccontextmanager
async def connected(proxy: TcpProxy) -> AsyncIterator[Pair]:
    reader, writer = await asyncio.open_connection(HOST, proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answer(link: Pair, request: bytes) -> bytes:
    """What comes back within a moment; nothing if the line is dead."""
    reader, writer = link
    writer.write(request)
    try:
        async with asyncio.timeout(0.3):
            return await reader.read(1000)
    except (TimeoutError, OSError):
        return b""


async def test_a_sound_line_carries_both_ways(server: tuple[EchoServer, TcpProxy]) -> None:
    async with connected(server[1]) as link:
        assert await answer(link, b"hello") == b"HELLO"


async def test_a_goodbye_is_carried_too(server: tuple[EchoServer, TcpProxy]) -> None:
    async with connected(server[1]) as (reader, writer):
        writer.write(b"bye")
        writer.write_eof()
        assert await reader.read() == b"BYE"


async def test_latency_holds_every_message(server: tuple[EchoServer, TcpProxy]) -> None:
    async with connected(server[1]) as link:
        server[1].conditions = Conditions(latency_s=0.05)
        started = time.monotonic()
        assert await answer(link, b"hello") == b"HELLO"
        assert time.monotonic() - started >= 0.1


async def test_what_somebody_said_before_he_died_still_arrives(
    server: tuple[EchoServer, TcpProxy],
) -> None:
    echo, proxy = server
    proxy.conditions = Conditions(latency_s=0.1)
    async with connected(proxy) as (_, writer):
        writer.write(b"hello")
        await asyncio.sleep(0.15)
        echo.has_heard.clear()
        writer.write(b" and goodbye")
    await asyncio.wait_for(echo.has_heard.wait(), 2)
    assert echo.heard == b"hello and goodbye"


async def test_a_narrow_line_takes_time_for_each_byte(
    server: tuple[EchoServer, TcpProxy],
) -> None:
    async with connected(server[1]) as link:
        server[1].conditions = Conditions(bytes_per_s=5_000)
        started = time.monotonic()
        assert await answer(link, b"x" * 500) == b"X" * 500
        assert time.monotonic() - started >= 0.2


async def test_a_cut_ends_every_connection_and_the_next_one_works(
    server: tuple[EchoServer, TcpProxy],
) -> None:
    _, proxy = server
    async with connected(proxy) as link:
        await answer(link, b"hello")
        proxy.cut()
        assert await answer(link, b"anyone?") == b""
    async with connected(proxy) as link:
        assert await answer(link, b"again") == b"AGAIN"


async def test_so_many_bytes_and_no_more(server: tuple[EchoServer, TcpProxy]) -> None:
    echo, proxy = server
    async with connected(proxy) as link:
        proxy.cut_after(3, Way.UP)
        await answer(link, b"hello")
        assert echo.heard == b"hel"
    async with connected(proxy) as link:
        assert await answer(link, b"again") == b"AGAIN"


async def test_the_server_has_what_was_cut_before_the_reply(
    server: tuple[EchoServer, TcpProxy],
) -> None:
    echo, proxy = server
    async with connected(proxy) as link:
        ambush = proxy.cut_before_reply()
        assert await answer(link, b"begin") == b"BEGIN"
        assert not ambush.is_sprung.is_set()
        assert await answer(link, b"COM") == b"COM"
        assert await answer(link, b"MIT;") == b""
        assert ambush.is_sprung.is_set()
        assert echo.heard.endswith(b"COMMIT;")
    async with connected(proxy) as link:
        assert await answer(link, b"COMMIT") == b"COMMIT"


async def test_the_server_never_hears_what_was_cut_before_the_request(
    server: tuple[EchoServer, TcpProxy],
) -> None:
    echo, proxy = server
    async with connected(proxy) as link:
        ambush = proxy.cut_before_request()
        assert await answer(link, b"COMMIT") == b""
        assert ambush.is_sprung.is_set()
        assert echo.heard == b""


async def test_a_half_open_line_says_nothing_and_never_heals(
    server: tuple[EchoServer, TcpProxy],
) -> None:
    echo, proxy = server
    async with connected(proxy) as link:
        proxy.conditions = Conditions(swallows=frozenset(Way))
        assert await answer(link, b"hello") == b""
        proxy.restore()
        assert await answer(link, b"hello") == b""
        assert echo.heard == b""
        async with connected(proxy) as other:
            assert await answer(other, b"again") == b"AGAIN"


async def test_one_way_loss_loses_the_replies_only(server: tuple[EchoServer, TcpProxy]) -> None:
    echo, proxy = server
    async with connected(proxy) as link:
        proxy.conditions = Conditions(swallows=frozenset({Way.DOWN}))
        assert await answer(link, b"hello") == b""
        assert echo.heard == b"hello"


async def test_a_refusing_proxy_takes_no_connection(server: tuple[EchoServer, TcpProxy]) -> None:
    server[1].conditions = Conditions(is_refusing=True)
    async with connected(server[1]) as link:
        assert await answer(link, b"hello") == b""


async def test_a_server_that_is_away_looks_away() -> None:
    async with TcpProxy(1) as proxy, connected(proxy) as link:
        assert await answer(link, b"hello") == b""
