"""Whether a child serves already: asked over TCP, HTTP or SQL."""

import asyncio

import asyncpg

PATIENCE_S = 2.0


async def is_listening(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def is_answering(host: str, port: int, path: str = "/readyz") -> bool:
    """Whether an HTTP server answers 200."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            )
            status = await reader.readline()
    except (OSError, TimeoutError):
        return False
    writer.close()
    return status.split()[1:2] == [b"200"]


async def is_answering_sql(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=PATIENCE_S)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True
