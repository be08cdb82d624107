from collections.abc import AsyncIterator

import pytest

from services.alerts.sms.config import EsmsConfig, TwilioConfig
from services.alerts.sms.setting_up import gateway_of
from tests.support.alerting import World, after
from tests.support.sms_gateways import providers
from tests.support.sms_house import Clock, House


@pytest.fixture
async def house(world: World) -> AsyncIterator[House]:
    clock = Clock(after(0))
    async with providers.esms() as esms, providers.twilio() as twilio:
        gateways = [
            gateway_of(
                EsmsConfig.model_validate(
                    {"kind": "esms", "name": "esms", "base_url": esms.url, "timeout_s": 0.3,
                     "api_key": "key", "secret_key": "secret", "brandname": "GIAMSAT"}
                )
            ),
            gateway_of(
                TwilioConfig.model_validate(
                    {"kind": "twilio", "name": "twilio", "base_url": twilio.url, "timeout_s": 0.3,
                     "account_sid": "AC1", "token": "token", "sender": "+15005550006"}
                )
            ),
        ]  # fmt: skip
        house = House(world, clock, esms, twilio, gateways)
        yield house
        await house.dispatch.close()
