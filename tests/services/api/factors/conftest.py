"""People with passphrases, of whom some need a second factor."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.sessions.passwords import hashed
from shared.db.session import unit_of_work
from shared.db.tables.people import user_account
from tests.support.people import Headers, Province

PASSPHRASE = "trời xanh mây trắng 27"
LogIn = Callable[[str], Awaitable[tuple[Headers, dict[str, Any]]]]


@pytest.fixture
async def log_in(api: httpx.AsyncClient, province: Province, engine: AsyncEngine) -> LogIn:
    """With a passphrase: what its holder sends, and what came back."""
    async with unit_of_work(engine) as connection:
        await connection.execute(update(user_account).values(password_hash=hashed(PASSPHRASE)))

    async def log_in(who: str) -> tuple[Headers, dict[str, Any]]:
        body = {"email": f"{who}@giamsat.example", "password": PASSPHRASE}
        answer = await api.post("/sessions", json=body)
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}, answer.json()

    return log_in
