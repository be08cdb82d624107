from collections.abc import AsyncIterator

import pytest

from tests.support.alerting import World
from tests.support.keyed_gateway import KeyedGateway, keyed_gateway
from tests.support.mail_server import MailServer, mail_server
from tests.support.post import Post


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
async def sms() -> AsyncIterator[KeyedGateway]:
    async with keyed_gateway() as running:
        yield running


@pytest.fixture
async def post(world: World, mail: MailServer, sms: KeyedGateway) -> Post:
    one = Post(world, mail.port, sms.port)
    await one.begin()
    return one
