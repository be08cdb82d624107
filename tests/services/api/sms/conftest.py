"""Incidents that people were told of by short message, and gateways that call."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.resources import Resources
from services.api.sms.callers import CallbackConfig
from shared.db.tables.channels import contact_point
from tests.services.api.incidents.conftest import Troubles
from tests.support.app import LentApp
from tests.support.people import Province

CONSOLE = "http://console.test"
SECRET = "a secret of at least sixteen letters"
NUMBER = "+84901234567"
GATEWAYS = {"esms": "esms", "speed": "speedsms", "twilio": "twilio"}


@pytest.fixture
def troubles(engine: AsyncEngine, province: Province, clock: Any) -> Troubles:
    return Troubles(engine, province, clock.at)


@pytest.fixture
def resources(resources: Resources) -> Resources:
    callbacks = tuple(
        CallbackConfig.model_validate({"name": name, "kind": kind, "secret": SECRET})
        for name, kind in GATEWAYS.items()
    )
    settings = resources.settings.model_copy(update={"sms_callbacks": callbacks})
    return replace(resources, settings=settings)


@pytest.fixture
async def gateway(resources: Resources) -> Any:
    """Whoever calls us from outside."""
    transport = httpx.ASGITransport(LentApp(resources), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"{CONSOLE}/api/v1") as client:
        yield client


async def telephone(
    troubles: Troubles, who: str = "manager", number: str = NUMBER, **values: object
) -> int:
    """One that its owner has proved to be theirs."""
    usual: dict[str, object] = {
        "user_id": troubles.province.user_ids[who], "channel": "sms", "address": number,
        "created_at": troubles.now, "verified_at": troubles.now - timedelta(days=1),
    }  # fmt: skip
    return await troubles.add(contact_point, **(usual | values))
