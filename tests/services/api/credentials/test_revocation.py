"""How long a live session outlives the request that revokes its password."""

import asyncio
import statistics
from contextlib import AsyncExitStack
from typing import Any, Final

import aiomqtt
import httpx
from aiomqtt import ProtocolVersion

from tests.support.people import SUNFLOWER, Province

SESSIONS: Final = 60
DEVICES: Final = f"/facilities/{SUNFLOWER}/devices"


async def test_sixty_live_sessions_end_within_five_seconds_of_being_revoked(
    api: httpx.AsyncClient, province: Province
) -> None:
    async with AsyncExitStack() as sessions:
        live = {}
        for number in range(SESSIONS):
            mqtt = await registered(api, province, f"gw-{number}")
            live[f"gw-{number}"] = await sessions.enter_async_context(connected(mqtt))
        took_s = [await revoked_in_s(api, province, code, one) for code, one in live.items()]
        sessions.pop_all()  # They are over: there is nobody to take leave of.
    told = f"median {statistics.median(took_s) * 1e3:.0f} ms, longest {max(took_s) * 1e3:.0f} ms"
    print(f"{SESSIONS} sessions, from the request to the disconnection: {told}")
    assert max(took_s) < 5


async def registered(api: httpx.AsyncClient, province: Province, code: str) -> dict[str, Any]:
    made = await api.post(DEVICES, json={"code": code, "kind": "gateway"}, headers=province.manager)
    assert made.status_code == 201, made.text
    mqtt: dict[str, Any] = made.json()["mqtt"]
    return mqtt


def connected(mqtt: dict[str, Any]) -> aiomqtt.Client:
    return aiomqtt.Client(
        mqtt["host"],
        mqtt["port"],
        username=mqtt["username"],
        password=mqtt["password"],
        protocol=ProtocolVersion.V5,
        timeout=5,
    )


async def revoked_in_s(
    api: httpx.AsyncClient, province: Province, code: str, live: aiomqtt.Client
) -> float:
    clock = asyncio.get_running_loop().time
    begun = clock()

    async def disconnected() -> float:
        try:
            async for _ in live.messages:
                pass
        except aiomqtt.MqttError:
            return clock() - begun
        raise AssertionError("the session went on")

    waiting = asyncio.create_task(disconnected())
    gone = await api.delete(f"{DEVICES}/{code}/credentials", headers=province.manager)
    assert gone.status_code == 204
    async with asyncio.timeout(10):
        return await waiting
