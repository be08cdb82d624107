"""What one writes in an afternoon: aiomqtt, and one INSERT a message, each committed by itself.

Run as a process of its own: `python -m tests.bench.ingest.plain_consumer PORT DATABASE MESSAGES`.
"""

import asyncio
import sys

import aiomqtt
import asyncpg

_TABLE = """
DROP TABLE IF EXISTS plain_beat;
CREATE TABLE plain_beat (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL, payload jsonb NOT NULL, received_at timestamptz NOT NULL DEFAULT now()
)
"""
_INSERT = "INSERT INTO plain_beat (topic, payload) VALUES ($1, $2)"


async def main(port: int, database: str, messages: int) -> None:
    link = await asyncpg.connect(database)
    await link.execute(_TABLE)
    insert = await link.prepare(_INSERT)
    client = aiomqtt.Client(
        "127.0.0.1", port, username="load", password="load", protocol=aiomqtt.ProtocolVersion.V5
    )
    async with client:
        await client.subscribe("giamsat/v1/+/+/heartbeat", qos=1)
        print("subscribed", flush=True)
        kept = 0
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            await insert.fetch(str(message.topic), message.payload.decode())
            kept += 1
            if kept == messages:
                break
    await link.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
