import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from services.cli import mail_sink, probes
from services.cli.mail_sink import Settings
from tests.support.ports import free_port


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    stop = asyncio.Event()
    config = Settings(folder=tmp_path / "mail", port=free_port())
    serving = asyncio.create_task(mail_sink.serve(config, stop))
    async with asyncio.timeout(5):
        while not await probes.is_listening(config.host, config.port):
            pass
    yield config.port
    stop.set()
    await serving


def mail(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "giamsat@giamsat.example"
    message["To"] = "quan.ly@giamsat.example"
    message["Subject"] = subject
    message["Message-ID"] = "<1@giamsat.example>"
    message.set_content("Phòng sinh hoạt không được giám sát từ 22:24.\n")
    return message


async def test_a_mail_is_kept_as_it_was_sent(port: int, tmp_path: Path) -> None:
    await aiosmtplib.send(mail("Mất giám sát"), hostname="127.0.0.1", port=port)
    (file,) = (tmp_path / "mail").iterdir()
    kept = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert file.suffix == ".eml"
    assert kept["Subject"] == "Mất giám sát"
    assert kept["Message-ID"] == "<1@giamsat.example>"
    assert "22:24" in kept.get_content()


async def test_names_sort_in_the_order_of_arrival(port: int, tmp_path: Path) -> None:
    for number in range(5):
        await aiosmtplib.send(mail(f"Thứ {number}"), hostname="127.0.0.1", port=port)
    files = sorted((tmp_path / "mail").glob("*.eml"))
    subjects = [message_from_bytes(f.read_bytes(), policy=policy.default)["Subject"] for f in files]
    assert subjects == [f"Thứ {number}" for number in range(5)]
